/**
 * Values that many want to see change: read once in a while for all of them together, and given to each when it has changed. Whoever is slow
 * gets the newest value and never what lay between; while nobody watches, nothing is read.
 */
import { isDeepStrictEqual } from 'node:util';
import { AppError, createWakeUp, sleep, type WakeUp } from '@sendpool/kernel';

export type WatchOptions<Value> = {
  /** Values of these keys, in one go; a key without one is not found. */
  read(keys: readonly string[]): Promise<ReadonlyMap<string, Value>>;
  /** After such a value there will be no other. */
  isLast?(value: Value): boolean;
  /** What a client is told of a key that is not found. */
  notFound: string;
  /** Milliseconds between two values. Default 1,000. */
  everyMs?: number;
  /** The first of a row of reads that fail; who has a value already waits for the next read. */
  onFault(error: unknown): void;
};

export type Watch<Value> = {
  /** The value of now, and then each that is another. Ends when `signal` is aborted, or after the last one. Throws AppError NOT_FOUND. */
  follow(key: string, signal: AbortSignal): AsyncGenerator<Awaited<Value>, void>;
};

const defaultMs = 1000;
/** A wake-up ends each wait; this is for nobody's. */
const patienceMs = 60_000;

type Topic<Value> = {
  followers: number;
  /** When it was read last; monotonic. */
  readAt: number;
  /** Grows with each value that is another one. */
  version: number;
  value?: Value;
  fault?: unknown;
};

type State<Value> = WatchOptions<Value> & {
  readonly topics: Map<string, Topic<Value>>;
  readonly wakeUp: WakeUp;
  isRunning: boolean;
  isFailing: boolean;
};

/** Timers are early at times. */
const earlyMs = 10;

const put = <Value>(topic: Topic<Value>, value: Value | undefined, notFound: string): void => {
  if (value === undefined) topic.fault = new AppError('NOT_FOUND', notFound);
  else if (topic.version === 0 || !isDeepStrictEqual(value, topic.value)) {
    topic.value = value;
    topic.version += 1;
  }
};

const fail = <Value>(state: State<Value>, topics: Iterable<Topic<Value>>, error: unknown): void => {
  if (!state.isFailing) state.onFault(error);
  state.isFailing = true;
  for (const topic of topics) if (topic.version === 0) topic.fault = error;
};

/** Those that are new, and those that were read a while ago. */
const readDue = async <Value>(state: State<Value>): Promise<void> => {
  const now = performance.now();
  const before = now - (state.everyMs ?? defaultMs) + earlyMs;
  const due = new Map([...state.topics].filter(([, { readAt }]) => readAt <= before));
  if (due.size === 0) return;
  for (const topic of due.values()) topic.readAt = now;
  try {
    const found = await state.read([...due.keys()]);
    for (const [key, topic] of due) put(topic, found.get(key), state.notFound);
    state.isFailing = false;
  } catch (error) {
    fail(state, due.values(), error);
  }
  state.wakeUp.ring();
};

const run = async <Value>(state: State<Value>): Promise<void> => {
  if (state.isRunning) return;
  state.isRunning = true;
  while (state.topics.size > 0) {
    await sleep(state.everyMs ?? defaultMs);
    await readDue(state);
  }
  state.isRunning = false;
};

const join = <Value>(state: State<Value>, key: string): Topic<Value> => {
  const known = state.topics.get(key);
  const topic = known ?? { followers: 0, readAt: -Infinity, version: 0 };
  topic.followers += 1;
  if (known !== undefined) return topic;
  state.topics.set(key, topic);
  // All that come in this moment are read together.
  setImmediate(() => void readDue(state));
  void run(state);
  return topic;
};

const leave = <Value>({ topics }: State<Value>, key: string, topic: Topic<Value>): void => {
  topic.followers -= 1;
  if (topic.followers === 0) topics.delete(key);
};

export const createWatch = <Value>(options: WatchOptions<Value>): Watch<Value> => {
  const { isLast = () => false } = options;
  const wakeUp = createWakeUp(0);
  const state: State<Value> = { ...options, topics: new Map(), wakeUp, isRunning: false, isFailing: false };
  return {
    follow: async function* (key, signal) {
      const topic = join(state, key);
      try {
        for (let seen = 0; !signal.aborted;) {
          if (topic.fault !== undefined) throw topic.fault;
          if (topic.version === seen) await wakeUp.wait(patienceMs, signal);
          else {
            seen = topic.version;
            const value = topic.value as Value;
            yield value;
            if (isLast(value)) return;
          }
        }
      } finally {
        leave(state, key, topic);
      }
    },
  };
};
