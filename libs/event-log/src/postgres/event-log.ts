/** The event log in PostgreSQL, put together: one pool, one listening connection, an appender for each topic. */
import { AppError, sleep } from '@sendpool/kernel';
import type pg from 'pg';
import type { KeptFollower } from '../following.ts';
import { createBell } from '../group/bell.ts';
import type { Found, Wanted } from '../group/delivery.ts';
import { createKeeper, createPublisher, translating, warn } from '../parts.ts';
import type { Consumer, ConsumeOptions, EventLog, StoredRecord, TailOptions } from '../port.ts';
import { createTail, type KeptTail } from '../tail.ts';
import { createAppender } from './appender.ts';
import { createPool, faultOf, withClient, type PoolOptions } from './connection.ts';
import { createConsumer } from './consumer.ts';
import { createFollower } from './follower.ts';
import { openGroup, readLag } from './group-store.ts';
import { readRuns } from './reader.ts';
import { applyRetention } from './retention.ts';
import { createSchema } from './schema.ts';
import { createSignals, type Signals } from './signals.ts';
import { createTopics, type Topic, type Topics } from './topics.ts';

export type PostgresEventLogOptions = PoolOptions & {
  /** Milliseconds between two looks for batches that are too old. Default 60,000. */
  retentionIntervalMs?: number;
  /** Told what an operator should know. */
  onWarning?: (message: string) => void;
};

type Core = { pool: pg.Pool; signals: Signals; topics: Topics; onWarning(message: string): void };

/** Tails look by themselves this often, should a signal get lost. */
const tailPollMs = 1000;
/** Records of a partition in one read of a tail. */
const tailPage = 500;

const topicKey = (topic: Topic): string => `t${topic.id}`;
const groupKey = (id: number): string => `g${id}`;

const keepRetention = async (pool: pg.Pool, intervalMs: number, stop: AbortSignal): Promise<void> => {
  for (;;) {
    // Spread, so that processes started together do not come together.
    await sleep(intervalMs * (0.5 + Math.random()), stop);
    if (stop.aborted) return;
    // What cannot be dropped now is dropped next time.
    await applyRetention(pool).catch(() => undefined);
  }
};

const consume = async ({ pool, signals, topics }: Core, options: ConsumeOptions): Promise<Consumer> => {
  const topic = await topics.find(options.topic);
  const store = await openGroup(pool, topic, [options.group, (id) => signals.send(groupKey(id))]);
  return createConsumer(
    {
      store,
      read: (wanted, max) => readRuns(pool, topic, [wanted, max]),
      onAppended: (onSignal) => signals.subscribe(topicKey(topic), onSignal),
      onGroupChanged: (onSignal) => signals.subscribe(groupKey(store.id), onSignal),
    },
    options,
  );
};

const follow = async (
  { pool, signals, topics, onWarning }: Core,
  name: string,
  onRecord: (record: StoredRecord) => void | Promise<void>,
): Promise<KeptFollower> => {
  const topic = await topics.find(name);
  if (!topic.compacted) throw new AppError('BAD_INPUT', `${name} is not compacted`);
  return createFollower({
    topic: name,
    onWarning,
    read: async (offset, max) => (await readRuns(pool, topic, [[{ partition: 0, offset }], max])).runs.flat(),
    subscribe: (onSignal) => signals.subscribe(topicKey(topic), onSignal),
    onRecord,
  });
};

const tail = async ({ pool, signals, topics, onWarning }: Core, options: TailOptions): Promise<KeptTail> => {
  const topic = await topics.find(options.topic);
  if (topic.compacted) throw new AppError('BAD_INPUT', `${topic.name} is compacted`);
  const bell = createBell();
  const unsubscribe = signals.subscribe(topicKey(topic), bell.ring);
  const read = async (wanted: readonly Wanted[]): Promise<Found> => {
    const found = await readRuns(pool, topic, [wanted, tailPage]);
    if (found.runs.length === 0) await bell.wait(tailPollMs);
    return found;
  };
  const wake = (): void => {
    unsubscribe();
    bell.ring();
  };
  return createTail({ ...options, onWarning, bounds: () => topics.bounds(topic.name), read, wake });
};

const translated = translating(faultOf);

/** Throws AppError UNAVAILABLE when the database cannot be reached. The log lives in the schema `event_log` of that database. */
export const createPostgresEventLog = async (options: PostgresEventLogOptions): Promise<EventLog> => {
  const pool = createPool(options);
  await withClient(pool, createSchema).catch(async (error: unknown) => {
    await pool.end();
    throw faultOf(error);
  });
  const { onWarning = warn } = options;
  const core: Core = { pool, signals: createSignals(options), topics: createTopics(pool), onWarning };
  const stop = new AbortController();
  const retention = keepRetention(pool, options.retentionIntervalMs ?? 60_000, stop.signal);
  const publisher = createPublisher((name) =>
    createAppender({
      pool,
      findTopic: (partitions) => core.topics.find(name, partitions),
      onAppended: (topic) => core.signals.send(topicKey(topic)),
    }),
  );
  const keeper = createKeeper();
  const { topics, signals } = core;
  return {
    ensureTopics: translated(topics.ensure),
    publish: translated(publisher.publish),
    consume: translated(async (wanted) => keeper.keep(await consume(core, wanted))),
    follow: translated(async (name, onRecord) => keeper.keep(await follow(core, name, onRecord))),
    tail: translated(async (wanted) => keeper.keep(await tail(core, wanted))),
    read: translated(async (name, partition, offset, max) => {
      const { runs } = await readRuns(pool, await topics.find(name, partition + 1), [[{ partition, offset }], max]);
      return runs.flat().slice(0, max);
    }),
    bounds: translated(topics.bounds),
    lag: translated(async (name, group) => readLag(pool, await topics.find(name), group)),
    trim: translated(topics.trim),
    isReady: () => signals.isConnected() && keeper.goesOn(),
    close: async () => {
      stop.abort();
      await keeper.closeAll();
      await publisher.close();
      await Promise.all([signals.close(), retention]);
      await pool.end();
    },
  };
};
