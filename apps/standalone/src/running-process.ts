/** What the launcher knows of each process that it keeps running. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import type { ServiceName } from './shape.ts';

export type ProcessKind = ServiceName | 'postgres' | 'kafka';

export type RunningProcess = {
  pid: number;
  port: number;
  /** Resolves with a reason when it has ended, however. */
  ended: Promise<string>;
  /** True when it ended because it cannot run with its settings: another start would end in the same way. */
  isMisconfigured?(): boolean;
  /** Asks it to end. A service that has not done so after `deadlineMs` is ended by force. */
  stop(deadlineMs: number): Promise<void>;
};

/** How a process is started, as often as it must be. */
export type ProcessPlan = { name: string; kind: ProcessKind; start(): Promise<RunningProcess> };

/** The fields after the program's name in /proc/<pid>/stat; the second one is the parent. */
const parentOf = (pid: string): number => {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
  } catch {
    return 0; // it ended while we looked
  }
};

const childrenOf = (pid: number): number[] =>
  (existsSync('/proc') ? readdirSync('/proc') : [])
    .filter((name) => /^\d+$/.test(name) && parentOf(name) === pid)
    .map(Number);

/** Does nothing when the process is gone: whoever waits for its end hears of that. */
export const signalProcess = (pid: number, name: NodeJS.Signals): void => {
  try {
    process.kill(pid, name);
  } catch {
    // gone
  }
};

/** Stops or continues a process with its children (Linux). The parent comes first: a stopped one makes no further children. */
export const signalFamily = (pid: number, name: 'SIGSTOP' | 'SIGCONT'): void => {
  signalProcess(pid, name);
  for (const child of childrenOf(pid)) signalProcess(child, name);
};
