/** What both adapters' logs are put together from: appenders of topics, and things that have to be closed. */
import { sleep } from '@sendpool/kernel';
import type { Appender } from './append-queue.ts';
import type { NewRecord } from './port.ts';

const closeMs = 5000;

/** Waits for `work`, which must not reject, but no longer than `ms`. */
export const atMost = async (ms: number, work: Promise<unknown>): Promise<void> => {
  const timer = new AbortController();
  await Promise.race([work, sleep(ms, timer.signal)]);
  timer.abort();
};

/** Makes an appender for a topic when something is published to it first. */
export const createPublisher = (createAppender: (topic: string) => Appender) => {
  const appenders = new Map<string, Appender>();
  const pending = new Set<Promise<void>>();
  const appenderOf = (topic: string): Appender => {
    const made = appenders.get(topic) ?? createAppender(topic);
    appenders.set(topic, made);
    return made;
  };
  return {
    publish: async (topic: string, records: readonly NewRecord[]): Promise<void> => {
      if (records.length === 0) return;
      const done = appenderOf(topic).append(records);
      pending.add(done);
      try {
        await done;
      } finally {
        pending.delete(done);
      }
    },
    /** Waits a while for what is under way. */
    close: async (): Promise<void> => {
      await atMost(closeMs, Promise.allSettled(pending));
      for (const appender of appenders.values()) appender.close();
    },
  };
};

type Closable = { close(): Promise<void>; standsStill?(): boolean };

/** Knows what is still open: whether all of it goes on, and closes everything, each once. */
export const createKeeper = () => {
  const open = new Set<Closable>();
  return {
    keep: <T extends Closable>(thing: T): T => {
      const close = thing.close.bind(thing);
      open.add(thing);
      thing.close = () => close().finally(() => open.delete(thing));
      return thing;
    },
    goesOn: (): boolean => [...open].every((thing) => thing.standsStill?.() !== true),
    closeAll: async (): Promise<void> => void (await Promise.allSettled([...open].map((thing) => thing.close()))),
  };
};

/** Where nobody listens, an operator finds it in what the process writes. */
export const warn = (message: string): void => process.emitWarning(message, 'EventLogWarning');

/** Calls whose faults become those that callers see. */
export const translating =
  (faultOf: (error: unknown) => unknown) =>
  <Arguments extends unknown[], Result>(call: (...args: Arguments) => Promise<Result>) =>
  (...args: Arguments): Promise<Result> =>
    call(...args).catch((error: unknown) => Promise.reject(faultOf(error)));
