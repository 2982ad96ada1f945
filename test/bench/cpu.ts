/** CPU time of processes by /proc (Linux): what each part of the system costs a message. */
import { readdirSync, readFileSync } from 'node:fs';

/** Clock ticks a second in /proc/<pid>/stat: 100 on every Linux that Node runs on. */
export const ticksPerSecond = 100;

type Stat = { pid: number; parent: number; seconds: number; endedChildrenSeconds: number };

const statOf = (pid: number): Stat | undefined => {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = text
      .slice(text.lastIndexOf(')') + 2)
      .split(' ')
      .map(Number);
    return {
      pid,
      parent: fields[1]!,
      seconds: (fields[11]! + fields[12]!) / ticksPerSecond,
      endedChildrenSeconds: (fields[13]! + fields[14]!) / ticksPerSecond,
    };
  } catch {
    return undefined; // it ended while we looked
  }
};

/** User and system seconds of one process; 0 when it is gone. */
export const cpuOf = (pid: number): number => statOf(pid)?.seconds ?? 0;

/** User and system seconds of a process with its children, the ended ones too. */
export const cpuOfTree = (root: number): number =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((name) => statOf(Number(name)))
    .filter((stat) => stat !== undefined && (stat.pid === root || stat.parent === root))
    .reduce((sum, stat) => sum + stat!.seconds + (stat!.pid === root ? stat!.endedChildrenSeconds : 0), 0);
