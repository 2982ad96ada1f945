/**
 * The heartbeats of one epoch, and the lease that they keep. The lease counts from when an acknowledged heartbeat was sent and runs out
 * after half the session, long before the coordinator gives the partitions to others; once it has run out, no later answer revives it.
 */
import { AppError, sleep } from '@sendpool/kernel';
import { atMost } from '../parts.ts';
import type { Verdict } from './membership.ts';

export type HeartbeatDeps = {
  /** Sends nothing once `stop` has come. */
  beat(timeoutMs: number, stop: AbortSignal): Promise<Verdict>;
  sessionMs: number;
  /** The coordinator drops a member that has not joined this long after a rebalance began. */
  rebalanceMs: number;
  /** Called once: the members are to drain and join again. */
  onRebalance(): void;
  /** Called once: the epoch is over. */
  onLost(cause: unknown): void;
  onError(error: unknown): void;
};

export type Heartbeat = {
  isValid(): boolean;
  /** Milliseconds until a rebalance drops a member that has not joined again. */
  timeToJoin(): number;
  /** Sends no more, and waits for the answer to what was sent: a request that stays unanswered closes its connection, under whatever was sent on it after. */
  stop(): Promise<void>;
};

/** The next heartbeat is how a member hears of a rebalance, and everybody waits for the last one that hears of it. */
const maxBeatMs = 500;
const retryMs = 100;

const lapsed = (): AppError => new AppError('EPOCH_ENDED', 'the lease ran out');

type Times = { ackedAt: number; stableAt: number; dropAt: number; hasLapsed: boolean };

const note = (times: Times, verdict: Verdict, sentAt: number): void => {
  times.ackedAt = sentAt;
  if (verdict === 'STABLE') times.stableAt = sentAt;
};

/** `askedAt`: when the request was sent by which the coordinator began to count the session. */
export const startHeartbeat = (deps: HeartbeatDeps, askedAt: number): Heartbeat => {
  const { sessionMs, rebalanceMs } = deps;
  const answerMs = sessionMs / 4;
  const stop = new AbortController();
  const times: Times = { ackedAt: askedAt, stableAt: askedAt, dropAt: Infinity, hasLapsed: false };
  const isValid = (): boolean => {
    if (performance.now() >= Math.min(times.ackedAt + sessionMs / 2, times.dropAt)) times.hasLapsed = true;
    return !times.hasLapsed;
  };
  const beat = async (): Promise<void> => {
    const sentAt = performance.now();
    const verdict = await deps.beat(answerMs, stop.signal);
    if (stop.signal.aborted || !isValid()) return;
    if (verdict === 'FENCED') throw new AppError('EPOCH_ENDED', 'the group has dropped this member');
    if (verdict === 'REBALANCE' && times.dropAt === Infinity) {
      // It began after the last heartbeat that heard nothing of it.
      times.dropAt = times.stableAt + rebalanceMs;
      deps.onRebalance();
    }
    note(times, verdict, sentAt);
  };
  /** Milliseconds until the next one. */
  const tryBeat = async (): Promise<number> => {
    try {
      await beat();
      return Math.min(sessionMs / 6, maxBeatMs);
    } catch (error) {
      if (error instanceof AppError && error.code === 'EPOCH_ENDED') throw error;
      if (stop.signal.aborted) return 0;
      deps.onError(error);
      return retryMs;
    }
  };
  const run = async (): Promise<void> => {
    while (!stop.signal.aborted) {
      const pauseMs = await tryBeat();
      if (!isValid()) throw lapsed();
      await sleep(pauseMs, stop.signal);
    }
  };
  const done = run().catch((error: unknown) => {
    if (!stop.signal.aborted) deps.onLost(error);
  });
  return {
    isValid,
    timeToJoin: () => times.dropAt - performance.now(),
    stop: () => {
      stop.abort();
      return atMost(answerMs, done);
    },
  };
};
