/**
 * A member of a group on Kafka, with a loop of its own: join, one epoch, drain, join again. Heartbeats run beside the epoch until it has
 * drained, so that a long drain does not cost the lease. See docs/decisions/0007 for why kafkajs' consumer is not used.
 */
import { AppError, backoffDelay, sleep } from '@sendpool/kernel';
import type { DeliveryDeps } from '../group/delivery.ts';
import type { PositionStore } from '../group/epoch.ts';
import { createSession, type Session } from '../group/session.ts';
import type { ConsumeOptions, Consumer } from '../port.ts';
import { typeOf } from './faults.ts';
import { startHeartbeat, type Heartbeat } from './heartbeat.ts';
import type { Membership, Share } from './membership.ts';
import { watchStandstill } from './watchdog.ts';

export type ConsumerSettings = {
  sessionMs: number;
  drainMs: number;
  /** How long the coordinator waits for members to drain and join again. */
  rebalanceMs: number;
  maxBatch: number;
  gatherMs: number;
};

export type ConsumerDeps = {
  membership: Membership;
  positions: PositionStore;
  /** A reader for one epoch, with connections of its own. Its reads wait a moment for records when there are none. */
  openReader(): { read: DeliveryDeps['read']; close(): void };
  countPartitions(): Promise<number>;
  /** Next offset to be written, of each partition. */
  ends(): Promise<ReadonlyMap<number, number>>;
  /** Rejects whatever waits for the coordinator. */
  interrupt(): void;
  faultOf(error: unknown): unknown;
  /** Closes the connections. */
  close(): void;
};

type Ending = { reason: 'REBALANCE' | 'CLOSING' | 'FAILED' | 'LOST'; error?: unknown };

const restartDelay = { firstMs: 100, factor: 2, maxMs: 5000, jitter: 0.5 };
const joinDelay = { firstMs: 50, factor: 2, maxMs: 2000, jitter: 0.5 };
/** An epoch that lived this long was no failed start. */
const soundMs = 10_000;
/** For messages on their way. */
const slackMs = 1000;
const growthMs = 2000;
const standstillMs = 60_000;

/** What happens in every rebalance or start of a broker is no fault. */
const usual = new Set([
  'REBALANCE_IN_PROGRESS',
  'GROUP_LOAD_IN_PROGRESS',
  'NOT_COORDINATOR_FOR_GROUP',
  'GROUP_COORDINATOR_NOT_AVAILABLE',
]);

export const settingsOf = (options: ConsumeOptions): ConsumerSettings => {
  const { sessionTimeoutMs: sessionMs = 10_000, drainMs = Math.min(5000, sessionMs / 2), maxBatch = 500 } = options;
  if (drainMs >= sessionMs) throw new AppError('BAD_INPUT', 'drainMs must be below the session time-out');
  // A member that hears of a rebalance late stops by itself after half its session, and may then drain.
  const rebalanceMs = Math.ceil(sessionMs / 2 + drainMs + slackMs);
  return { sessionMs, drainMs, rebalanceMs, maxBatch, gatherMs: options.gatherMs ?? 5 };
};

type Context = ConsumerDeps & {
  options: ConsumeOptions;
  settings: ConsumerSettings;
  stop: AbortSignal;
  onError(error: unknown): void;
};

/** Only the leader looks, and joins again when the topic has grown: that is what begins a rebalance. */
const watchGrowth = async (context: Context, { leads }: Share, stop: AbortSignal): Promise<boolean> => {
  if (leads === undefined) return false;
  while (!stop.aborted) {
    await sleep(growthMs, stop);
    const partitions = await context.countPartitions().catch(() => leads.partitions);
    if (partitions > leads.partitions) return true;
  }
  return false;
};

/** The first cause decides, except that nothing outweighs a lost epoch. */
const createEnding = () => {
  const { promise, resolve } = Promise.withResolvers<Ending>();
  let lost: Ending | undefined;
  return {
    first: promise,
    end: (ending: Ending): void => {
      if (ending.reason === 'LOST') lost ??= ending;
      resolve(ending);
    },
    lost: () => lost,
  };
};

type End = (ending: Ending) => void;

const beginSession = (context: Context, share: Share, [lease, end]: [Heartbeat, End]) => {
  const reader = context.openReader();
  const session = createSession(
    {
      ...context,
      ...context.settings,
      store: context.positions,
      lease,
      commitTimeoutMs: context.settings.sessionMs / 2,
      read: reader.read,
      pollMs: 0,
      // A read waits for records by itself.
      subscribe: () => () => undefined,
      onLost: (error) => end({ reason: 'LOST', error }),
      onFailed: (error) => end({ reason: 'FAILED', error }),
    },
    share,
  );
  return { ...session, closeReader: reader.close };
};

const beginHeartbeat = ({ membership, settings, onError }: Context, share: Share, end: End): Heartbeat =>
  startHeartbeat(
    {
      ...settings,
      beat: (timeoutMs, stop) => membership.beat(share, timeoutMs, stop),
      onRebalance: () => end({ reason: 'REBALANCE' }),
      onLost: (error) => end({ reason: 'LOST', error }),
      onError,
    },
    share.askedAt,
  );

/** What else ends an epoch; until `over`. */
const watchEpoch = (context: Context, share: Share, [session, end, over]: [Session, End, AbortSignal]): void => {
  void watchGrowth(context, share, over).then((hasGrown) => hasGrown && end({ reason: 'REBALANCE' }));
  const watched = { progress: session.progress, ends: context.ends, patienceMs: standstillMs };
  void watchStandstill(watched, over).then((error) => error && end({ reason: 'FAILED', error }));
  const close = (): void => end({ reason: 'CLOSING' });
  if (context.stop.aborted) close();
  context.stop.addEventListener('abort', close, { signal: over });
};

const runEpoch = async (context: Context, share: Share): Promise<Ending> => {
  const { first, end, lost } = createEnding();
  const over = new AbortController();
  const heartbeat = beginHeartbeat(context, share, end);
  const session = beginSession(context, share, [heartbeat, end]);
  watchEpoch(context, share, [session, end, over.signal]);
  const { reason, error } = await first;
  const limitMs = Math.min(context.settings.drainMs, heartbeat.timeToJoin());
  await session.drain(reason === 'FAILED' ? 'REBALANCE' : reason, Math.max(0, limitMs));
  over.abort();
  session.closeReader();
  await heartbeat.stop();
  return reason === 'CLOSING' ? { reason } : (lost() ?? { reason, error });
};

/** Undefined when the consumer was closed first. */
const joinUnlessClosed = async ({ membership, interrupt, stop }: Context): Promise<Share | undefined> => {
  const { promise: closed, resolve } = Promise.withResolvers<undefined>();
  const close = (): void => {
    interrupt();
    resolve(undefined);
  };
  stop.addEventListener('abort', close);
  try {
    return await Promise.race([membership.join(), closed]);
  } finally {
    stop.removeEventListener('abort', close);
  }
};

const joinAtLast = async (context: Context): Promise<Share | undefined> => {
  for (let attempt = 1; !context.stop.aborted; attempt++) {
    try {
      const share = await joinUnlessClosed(context);
      return context.stop.aborted ? undefined : share;
    } catch (error) {
      if (!usual.has(typeOf(error))) context.onError(error);
    }
    await sleep(backoffDelay(joinDelay, attempt), context.stop);
  }
  return undefined;
};

const keepConsuming = async (context: Context): Promise<void> => {
  let failures = 0;
  for (;;) {
    const share = await joinAtLast(context);
    if (share === undefined) return;
    const startedAt = performance.now();
    const { reason, error } = await runEpoch(context, share);
    if (reason === 'CLOSING') return;
    if (reason === 'REBALANCE') continue;
    context.onError(error);
    // What is under way of the old epoch is stopped by the next generation alone, and only a new member begins one for certain.
    context.membership.abandon();
    failures = reason === 'LOST' || performance.now() - startedAt > soundMs ? 0 : failures + 1;
    if (failures === 0) continue;
    await context.membership.leave().catch(context.onError);
    await sleep(backoffDelay(restartDelay, failures), context.stop);
  }
};

export const createConsumer = (deps: ConsumerDeps, options: ConsumeOptions): Consumer => {
  const stop = new AbortController();
  const onError = (error: unknown): void => {
    // A connection that was closed here is no fault.
    if (typeOf(error) !== 'CLOSED') options.onError?.(deps.faultOf(error));
  };
  const context = { ...deps, options, settings: settingsOf(options), stop: stop.signal, onError };
  const done = keepConsuming(context);
  return {
    close: async () => {
      stop.abort();
      await done;
      await deps.membership.close().catch(onError);
      deps.close();
    },
  };
};
