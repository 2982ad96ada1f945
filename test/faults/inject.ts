/** Carries a plan out on a running system, and writes down what really happened. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { messageOf, sleep } from '@sendpool/kernel';
import { isOpen } from '../../apps/standalone/src/ports.ts';
import type { ServiceName } from '../../apps/standalone/src/shape.ts';
import type { System } from '../../apps/standalone/src/system.ts';
import type { Ending, Struck } from './evidence.ts';
import type { Fault } from './plan.ts';

export type InjectOptions = {
  readonly system: System;
  readonly dataFolder: string;
  /** Grows while it runs: told by the launcher. */
  readonly endings: readonly Ending[];
  /** Told of each fault. */
  onFault(struck: Struck): void;
};

type ProcessTable = Readonly<Record<string, { pid: number; port: number } | undefined>>;
const readyTimeoutMs = 90_000;

const processesIn = (dataFolder: string): ProcessTable =>
  JSON.parse(readFileSync(join(dataFolder, 'processes.json'), 'utf8')) as ProcessTable;

const isReady = async (name: string, port: number): Promise<boolean> => {
  if (name === 'kafka' || name === 'postgres') return isOpen(port);
  try {
    return (await fetch(`http://127.0.0.1:${port}/readyz`, { signal: AbortSignal.timeout(2_000) })).ok;
  } catch {
    return false;
  }
};

/** Resolves when the process is there, another one than `pid`, and ready; false after `timeoutMs`. */
const untilReady = async (
  dataFolder: string,
  name: string,
  pid: number,
  timeoutMs = readyTimeoutMs,
): Promise<boolean> => {
  const end = performance.now() + timeoutMs;
  while (performance.now() < end) {
    const entry = processesIn(dataFolder)[name];
    if (entry !== undefined && entry.pid !== pid && (await isReady(name, entry.port))) return true;
    await sleep(50);
  }
  return false;
};

/** Names of the processes that are not ready in the end; empty when all is well. */
export const unreadyAfter = async (dataFolder: string, timeoutMs: number): Promise<string[]> => {
  const names = Object.keys(processesIn(dataFolder)).filter((name) => name !== 'standalone');
  const checks = names.map(async (name) => ((await untilReady(dataFolder, name, 0, timeoutMs)) ? [] : [name]));
  return (await Promise.all(checks)).flat();
};

const noteEnd = (struck: Struck, endings: readonly Ending[]): void => {
  const ending = endings.find(({ name, at }) => name === struck.target && at >= struck.at);
  if (ending !== undefined) Object.assign(struck, { endedAt: ending.at, ended: ending.reason });
};

const signals = { KILL: 'SIGKILL', DOWN: 'SIGKILL', TERM: 'SIGTERM', CRASH: 'SIGQUIT' } as const;

const end = async (options: InjectOptions, struck: Struck, fault: keyof typeof signals): Promise<void> => {
  const { system, dataFolder, endings } = options;
  const { target, forMs } = struck;
  const pid = processesIn(dataFolder)[target]?.pid ?? 0;
  // An end on purpose is not told by the launcher, and that of a planned stop has to be: how it ended is what is tried.
  if (fault === 'TERM') process.kill(pid, 'SIGTERM');
  else system.processes.kill(target, { signal: signals[fault], awayMs: forMs });
  const isBack = await untilReady(dataFolder, target, pid, readyTimeoutMs + forMs);
  if (isBack) struck.readyAt = Date.now();
  noteEnd(struck, endings);
};

const pause = async ({ system, dataFolder }: InjectOptions, struck: Struck): Promise<void> => {
  const { target, forMs } = struck;
  const pid = processesIn(dataFolder)[target]?.pid;
  system.processes.pause(target);
  await sleep(forMs);
  // Another fault may have put another process in its place meanwhile; that one does not stand still.
  if (processesIn(dataFolder)[target]?.pid === pid) system.processes.resume(target);
  if (await untilReady(dataFolder, target, 0)) struck.readyAt = Date.now();
};

const remove = async ({ system }: InjectOptions, struck: Struck): Promise<void> => {
  await system.processes.remove(struck.target);
  Object.assign(struck, { endedAt: Date.now(), ended: 'removed' });
};

const carryOut = async (options: InjectOptions, struck: Struck): Promise<void> => {
  switch (struck.fault) {
    case 'ADD':
      await options.system.processes.add(struck.kind as ServiceName);
      struck.readyAt = Date.now();
      return;
    case 'REMOVE':
      return remove(options, struck);
    case 'PAUSE':
      return pause(options, struck);
    default:
      return end(options, struck, struck.fault);
  }
};

/** What changes the number of processes cannot be done to one that is away. */
const whyNot = ({ dataFolder }: InjectOptions, { fault, target }: Fault): string | undefined => {
  const isThere = processesIn(dataFolder)[target] !== undefined;
  if (fault === 'ADD') return isThere ? 'it is there already' : undefined;
  return isThere ? undefined : 'it was down';
};

const strike = async (options: InjectOptions, fault: Fault): Promise<Struck> => {
  const skipped = whyNot(options, fault);
  const struck: Struck = { ...fault, at: Date.now(), ...(skipped === undefined ? {} : { skipped }) };
  options.onFault(struck);
  if (skipped === undefined)
    await carryOut(options, struck).catch((error: unknown) => {
      struck.ended = `failed: ${messageOf(error)}`;
    });
  return struck;
};

/** Resolves when the last fault is over, with all of them in the order of the plan. Faults of different processes may overlap. */
export const carryOutPlan = async (options: InjectOptions, plan: readonly Fault[]): Promise<Struck[]> => {
  const began = performance.now();
  const running: Promise<Struck>[] = [];
  for (const fault of plan) {
    await sleep(fault.atMs - (performance.now() - began));
    running.push(strike(options, fault));
  }
  return Promise.all(running);
};
