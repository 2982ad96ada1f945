/** Tells sendpool.sender-status how many deferred messages wait at each server, once a second when that changed. */
import { senderStatusTopic } from '@sendpool/contracts';
import type { EventLog, NewRecord } from '@sendpool/event-log';
import type { Log } from '@sendpool/service';
import { changedCounts, type DeferredWaiting } from '../../domain/deferred-waiting.ts';
import { createLoop, type Loop } from './loop.ts';

export type DeferredPublisherDeps = {
  eventLog: Pick<EventLog, 'publish'>;
  store: DeferredWaiting;
  /** Every server that may have been spoken of by a process before this one. */
  serverIds(): string[];
  /** Name of this process in the records. */
  source: string;
  now(): number;
  log: Log;
};

const everyMs = 1000;
/** Counting may take at most a fiftieth of the time, however many wait. */
const effort = 50;

const neverTold = -1;

const recordOf = (deps: DeferredPublisherDeps, serverId: string, deferredWaiting: number): NewRecord => ({
  partition: 0,
  key: `${deps.source}:${serverId}`,
  value: senderStatusTopic.encode({
    type: 'SCHEDULER',
    source: deps.source,
    serverId,
    at: deps.now(),
    deferredWaiting,
  }),
});

export const createDeferredPublisher = (deps: DeferredPublisherDeps): Loop => {
  let told: ReadonlyMap<string, number> | undefined;
  return createLoop({
    name: 'deferred publisher',
    log: deps.log,
    turn: async () => {
      const began = performance.now();
      const now = await deps.store.deferredWaiting();
      const took = performance.now() - began;
      told ??= new Map(deps.serverIds().map((server) => [server, neverTold]));
      const records = [...changedCounts(told, now)].map(([server, count]) => recordOf(deps, server, count));
      if (records.length > 0) await deps.eventLog.publish(senderStatusTopic.name, records);
      told = now;
      return Math.max(everyMs, took * effort);
    },
  });
};
