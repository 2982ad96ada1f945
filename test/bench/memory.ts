/** Memory of processes by /proc (Linux). */
import { readFileSync } from 'node:fs';

/** Resident memory in MB. */
export const residentMb = (pid: number): number =>
  Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1]) / 1024;
