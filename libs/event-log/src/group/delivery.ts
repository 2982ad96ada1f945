/** Brings the records of an epoch's partitions to its handler: bounded buffers, one batch of a partition at a time, all partitions read together. */
import { AppError, sleep } from '@sendpool/kernel';
import { createBell } from './bell.ts';
import type { RecordBatch, StoredRecord } from '../port.ts';

/** With nothing to read, only a signal matters. */
const idleMs = 60_000;
const retryMs = 200;

/** Records of a partition from `offset` on. */
export type Wanted = { partition: number; offset: number };

/** Runs of records, each of one partition and in order. */
export type Found = {
  runs: StoredRecord[][];
  /** Nothing more lay in the log behind them. */
  isAtEnd: boolean;
  /** Where the log ends before the wanted offset: it has lost what the group had read already. */
  beyond?: readonly { partition: number; end: number }[];
};

export type DeliveryDeps = {
  /** Runs of records, about `max` for each partition. */
  read(wanted: readonly Wanted[], max: number): Promise<Found>;
  /** Calls back when there may be something new; returns how to stop. */
  subscribe(onSignal: () => void): () => void;
  handle(batch: RecordBatch): Promise<void>;
  /** The handler threw: deliver nothing more. */
  onFailed(error: unknown): void;
  onError(error: unknown): void;
  maxBatch: number;
  /** Readers look by themselves this often, should a signal get lost. 0 when `read` itself waits for records. */
  pollMs: number;
  /** A reader that found little looks again no sooner: many small reads cost more than the records. */
  gatherMs: number;
};

/** How far a partition is, and whether more of it would be read if there were more. */
export type Progress = { partition: number; next: number; isHungry: boolean };

export type Delivery = {
  pause(partition: number): void;
  resume(partition: number): void;
  /** `answeredAt`: when a read was answered last, or nothing had to be read; monotonic. */
  progress(): { answeredAt: number; lanes: Progress[] };
  /** Hands over nothing more; resolves when the handlers that run have ended. */
  stop(): Promise<void>;
};

type Lane = {
  partition: number;
  next: number;
  waiting: StoredRecord[];
  isPaused: boolean;
  isRunning: boolean;
  /** The log ends before its position. What is appended from now on would be taken for what was read long ago. */
  isCutOff: boolean;
  done: Promise<void>;
};

const store = (lanes: ReadonlyMap<number, Lane>, records: StoredRecord[]): void => {
  const lane = lanes.get(records[0]!.partition)!;
  lane.next = records.at(-1)!.offset + 1;
  if (lane.waiting.length === 0) lane.waiting = records;
  else for (const record of records) lane.waiting.push(record);
};

const laneAt = (partition: number, next: number): Lane => ({
  partition,
  next,
  waiting: [],
  isPaused: false,
  isRunning: false,
  isCutOff: false,
  done: Promise.resolve(),
});

const cutOff = (lane: Lane, end: number): AppError => {
  lane.isCutOff = true;
  const where = `partition ${lane.partition} ends at ${end}, before position ${lane.next}`;
  return new AppError(
    'LEDGER_LOST',
    `${where} of the group: nothing of it is delivered. Was the log lost or made anew?`,
  );
};

/** Starts at the given offsets. */
export const createDelivery = (deps: DeliveryDeps, start: ReadonlyMap<number, number>): Delivery => {
  const { maxBatch } = deps;
  const lanes = new Map<number, Lane>();
  for (const [partition, next] of start) lanes.set(partition, laneAt(partition, next));
  let answeredAt = performance.now();
  const bell = createBell();
  const unsubscribe = deps.subscribe(bell.ring);
  const stopped = new AbortController();

  const isWanted = (lane: Lane): boolean => !lane.isPaused && !lane.isCutOff && lane.waiting.length < maxBatch;
  const deliver = async (lane: Lane): Promise<void> => {
    lane.isRunning = true;
    try {
      while (!stopped.signal.aborted && !lane.isPaused && lane.waiting.length > 0) {
        const wasFull = lane.waiting.length >= maxBatch;
        const records = lane.waiting.splice(0, maxBatch);
        if (wasFull && lane.waiting.length < maxBatch) bell.ring();
        await deps.handle({ partition: lane.partition, records });
      }
    } catch (error) {
      stopped.abort();
      deps.onFailed(error);
    } finally {
      lane.isRunning = false;
    }
  };
  const pump = (lane: Lane): void => {
    if (!lane.isRunning && !stopped.signal.aborted) lane.done = deliver(lane);
  };
  /** How long to wait for a signal before the next one; undefined when there may be more already. */
  const fetch = async (): Promise<number | undefined> => {
    const wanted = [...lanes.values()].filter(isWanted);
    answeredAt = performance.now();
    if (wanted.length === 0) return idleMs;
    const places = wanted.map(({ partition, next }) => ({ partition, offset: next }));
    const { runs, isAtEnd, beyond = [] } = await deps.read(places, maxBatch);
    answeredAt = performance.now();
    if (stopped.signal.aborted) return 0;
    for (const { partition, end } of beyond) deps.onError(cutOff(lanes.get(partition)!, end));
    for (const records of runs) store(lanes, records);
    for (const lane of lanes.values()) pump(lane);
    return isAtEnd ? deps.pollMs : undefined;
  };
  const loop = async (): Promise<void> => {
    while (!stopped.signal.aborted) {
      try {
        const waitMs = await fetch();
        if (waitMs === undefined) continue;
        // A signal that comes during the pause ends the wait at once.
        await sleep(deps.gatherMs, stopped.signal);
        if (waitMs > 0) await bell.wait(waitMs);
      } catch (error) {
        // A read that is under way at the end fails with its connection.
        if (stopped.signal.aborted) return;
        deps.onError(error);
        await sleep(retryMs);
      }
    }
  };
  if (lanes.size > 0) void loop();
  return {
    pause: (partition) => {
      const lane = lanes.get(partition);
      if (lane !== undefined) lane.isPaused = true;
    },
    resume: (partition) => {
      const lane = lanes.get(partition);
      if (lane === undefined) return;
      lane.isPaused = false;
      pump(lane);
      bell.ring();
    },
    progress: () => ({
      answeredAt: [...lanes.values()].some(isWanted) ? answeredAt : performance.now(),
      lanes: [...lanes.values()].map((lane) => ({
        partition: lane.partition,
        next: lane.next,
        isHungry: isWanted(lane) && !lane.isRunning && lane.waiting.length === 0,
      })),
    }),
    stop: async () => {
      stopped.abort();
      unsubscribe();
      bell.ring();
      await Promise.all([...lanes.values()].map((lane) => lane.done));
    },
  };
};
