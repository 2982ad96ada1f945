/** Keeps processes running: starts them again when they end by themselves, and ends them when asked. */
import { AppError, backoffDelay, messageOf, sleep } from '@sendpool/kernel';
import type { ProcessEntry } from './process-table.ts';
import { signalFamily, type ProcessPlan, type RunningProcess } from './running-process.ts';

const restartPlan = { firstMs: 200, factor: 2, maxMs: 5_000, jitter: 0.2 };
/** A process that ran this long is healthy again: its next restart comes at once. */
const healthyMs = 30_000;

export type SupervisorOptions = {
  /** Told in words when a process ended by itself, or could not be started, and is started again. */
  onRestart(name: string, reason: string): void;
  /** Asked when a process cannot run with its settings: true gives it up; else it is started again like any other. */
  givesUp(name: string, reason: string): boolean;
  /** Told whenever a process starts or ends. */
  onChange(processes: Record<string, ProcessEntry>): void;
};

type Entry = {
  plan: ProcessPlan;
  running: RunningProcess | undefined;
  /** Settles when the start that is under way, or was the last one, is over. */
  starting: Promise<void>;
  startedAt: number;
  restarts: number;
  /** Set while it is away on purpose: how long. */
  awayMs: number | undefined;
  leaving: AbortController;
};

export type Supervisor = {
  /** Resolves when the process was started. Rejects when it cannot be: it is not tried again then. */
  start(plan: ProcessPlan): Promise<void>;
  /** Ends it for good. */
  stop(name: string, deadlineMs: number): Promise<void>;
  /** The process when it runs now. Throws AppError NOT_FOUND for a name that was never started. */
  find(name: string): RunningProcess | undefined;
  /** Has it stay away this long, once, after its next end. */
  keepAway(name: string, forMs: number): void;
  /** What is kept running, in the order of their start. */
  plans(): ProcessPlan[];
};

const newEntry = (plan: ProcessPlan): Entry => ({
  plan,
  running: undefined,
  starting: Promise.resolve(),
  startedAt: 0,
  restarts: 0,
  awayMs: undefined,
  leaving: new AbortController(),
});

const runningOf = (entries: ReadonlyMap<string, Entry>): Record<string, ProcessEntry> =>
  Object.fromEntries(
    [...entries].flatMap(([name, { running }]) =>
      running === undefined ? [] : [[name, { pid: running.pid, port: running.port }]],
    ),
  );

/** Counts the end that just happened, unless it was on purpose, and says after what time the process starts again. */
const delayOf = (entry: Entry): number => {
  const { awayMs, startedAt, restarts } = entry;
  const before = awayMs !== undefined || performance.now() - startedAt > healthyMs ? 0 : restarts;
  entry.awayMs = undefined;
  entry.restarts = awayMs === undefined ? before + 1 : 0;
  return awayMs ?? (before === 0 ? 0 : backoffDelay(restartPlan, before));
};

const stopEntry = async (entry: Entry, deadlineMs: number): Promise<void> => {
  entry.leaving.abort();
  await entry.starting.catch(() => undefined);
  if (entry.running === undefined) return;
  signalFamily(entry.running.pid, 'SIGCONT'); // one that stands still would not hear
  await entry.running.stop(deadlineMs);
};

export const createSupervisor = ({ onRestart, givesUp, onChange }: SupervisorOptions): Supervisor => {
  const entries = new Map<string, Entry>();

  const launch = async (entry: Entry): Promise<void> => {
    const running = await entry.plan.start();
    Object.assign(entry, { running, startedAt: performance.now() });
    onChange(runningOf(entries));
    void running.ended.then((reason) => {
      const isGivenUp = running.isMisconfigured?.() === true && givesUp(entry.plan.name, reason);
      return isGivenUp ? forget(entry) : relaunch(entry, reason);
    });
  };

  const forget = (entry: Entry): void => {
    entry.running = undefined;
    onChange(runningOf(entries));
  };

  const relaunch = async (entry: Entry, reason: string): Promise<void> => {
    forget(entry);
    for (let why: string | undefined = reason; why !== undefined && !entry.leaving.signal.aborted;) {
      if (entry.awayMs === undefined) onRestart(entry.plan.name, why);
      await sleep(delayOf(entry), entry.leaving.signal);
      if (entry.leaving.signal.aborted) return;
      entry.starting = launch(entry);
      why = await entry.starting.then(() => undefined, messageOf);
    }
  };

  const entryOf = (name: string): Entry => {
    const entry = entries.get(name);
    if (entry === undefined) throw new AppError('NOT_FOUND', `there is no process ${name}`);
    return entry;
  };

  return {
    start: async (plan) => {
      const entry = newEntry(plan);
      entries.set(plan.name, entry);
      entry.starting = launch(entry);
      await entry.starting;
    },
    stop: async (name, deadlineMs) => {
      await stopEntry(entryOf(name), deadlineMs);
      entries.delete(name);
      onChange(runningOf(entries));
    },
    find: (name) => entryOf(name).running,
    keepAway: (name, forMs) => {
      entryOf(name).awayMs = forMs;
    },
    plans: () => [...entries.values()].map(({ plan }) => plan),
  };
};
