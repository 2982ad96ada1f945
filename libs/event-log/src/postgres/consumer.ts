/**
 * A member of a group: heartbeats keep its lease, and from what they tell it joins, drains, starts epochs and starts over. Two loops: one
 * that only beats, so that a long drain does not cost the lease, and one that acts.
 */
import { AppError, backoffDelay, newId, sleep } from '@sendpool/kernel';
import type { ConsumeOptions, Consumer } from '../port.ts';
import { createBell } from '../group/bell.ts';
import { faultOf } from './connection.ts';
import type { DeliveryDeps } from '../group/delivery.ts';
import type { GroupStore, View } from './group-store.ts';
import { createSession, type Session } from '../group/session.ts';

export type ConsumerDeps = {
  store: GroupStore;
  read: DeliveryDeps['read'];
  /** Calls back when the topic has grown. */
  onAppended(onSignal: () => void): () => void;
  /** Calls back when the group has changed. */
  onGroupChanged(onSignal: () => void): () => void;
};

const restartDelay = { firstMs: 100, factor: 2, maxMs: 5000, jitter: 0.5 };
/** Readers look by themselves this often, should a signal get lost. */
const pollMs = 750;
const retryMs = 250;
/** An epoch that lived this long was no failed start. */
const soundMs = 10_000;

type Seen = { view: View; sentAt: number };
type Trouble = { kind: 'LOST' | 'FAILED'; error: unknown };
type Settings = { sessionMs: number; drainMs: number; maxBatch: number; gatherMs: number };

type State = {
  memberId: string | undefined;
  /** A member id that may still be known to the group, though we are done with it. */
  left: string | undefined;
  seen: Seen | undefined;
  /** When the last acknowledged heartbeat was sent; monotonic. */
  ackedAt: number;
  /** Monotonic time at which a rebalance drops us. */
  dropAt: number;
  session: Session | undefined;
  startedGeneration: number;
  startedAt: number;
  trouble: Trouble | undefined;
  failures: number;
};

export type Action = 'RESTART' | 'JOIN' | 'DRAIN' | 'START' | 'WAIT';

/** What the member has to do next. */
export const nextAction = (state: Pick<State, 'trouble' | 'memberId' | 'seen' | 'startedGeneration'>): Action => {
  if (state.trouble !== undefined) return 'RESTART';
  if (state.memberId === undefined) return 'JOIN';
  if (state.seen === undefined) return 'WAIT';
  const { view } = state.seen;
  if (!view.isKnown) return 'RESTART';
  if (view.drainWithin !== undefined) return view.isReady ? 'WAIT' : 'DRAIN';
  return view.generation > state.startedGeneration ? 'START' : 'WAIT';
};

const now = (): number => performance.now();

const settingsOf = (options: ConsumeOptions): Settings => {
  const { sessionTimeoutMs: sessionMs = 10_000, drainMs = Math.min(5000, sessionMs / 2), maxBatch = 500 } = options;
  const { gatherMs = 5 } = options;
  if (drainMs >= sessionMs) throw new AppError('BAD_INPUT', 'drainMs must be below the session time-out');
  return { sessionMs, drainMs, maxBatch, gatherMs };
};

export const createConsumer = (deps: ConsumerDeps, options: ConsumeOptions): Consumer => {
  const settings = settingsOf(options);
  const { sessionMs, drainMs } = settings;
  const { store } = deps;
  const beatMs = sessionMs / 6;
  const stop = new AbortController();
  const beatBell = createBell();
  const actBell = createBell();
  const onError = (error: unknown): void => options.onError?.(faultOf(error));
  const state: State = {
    memberId: undefined,
    left: undefined,
    seen: undefined,
    ackedAt: -Infinity,
    dropAt: Infinity,
    session: undefined,
    startedGeneration: -1,
    startedAt: 0,
    trouble: undefined,
    failures: 0,
  };
  const beatsEnd = new AbortController();

  const report =
    (kind: Trouble['kind']) =>
    (error: unknown): void => {
      state.trouble ??= { kind, error };
      actBell.ring();
    };

  const accept = (view: View, sentAt: number): void => {
    if (state.seen !== undefined && state.seen.sentAt > sentAt) return;
    state.seen = { view, sentAt };
    if (view.isKnown) state.ackedAt = sentAt;
    state.dropAt = view.drainWithin === undefined || view.isReady ? Infinity : sentAt + view.drainWithin;
    actBell.ring();
  };
  const beat = async (memberId: string): Promise<void> => {
    const sentAt = now();
    const view = await store.beat(memberId, sessionMs / 4);
    if (state.memberId !== memberId) return;
    accept(view, sentAt);
    if (view.needsSettling && view.isKnown) await store.settle();
  };
  const keepBeating = async (): Promise<void> => {
    while (!beatsEnd.signal.aborted) {
      try {
        if (state.memberId !== undefined) await beat(state.memberId);
        await beatBell.wait(state.memberId === undefined ? 60_000 : beatMs);
      } catch (error) {
        onError(error);
        await beatBell.wait(retryMs);
      }
    }
  };

  const endSession = async (reason: 'REBALANCE' | 'CLOSING' | 'LOST', limitMs: number): Promise<void> => {
    const { session } = state;
    state.session = undefined;
    await session?.drain(reason, Math.max(0, limitMs));
  };
  const forget = (): void => {
    state.left = state.memberId ?? state.left;
    state.memberId = undefined;
    state.seen = undefined;
  };
  const leaveNow = async (): Promise<void> => {
    if (state.left === undefined) return;
    await store.leave(state.left);
    state.left = undefined;
  };

  const actions: Record<Action, () => Promise<void>> = {
    WAIT: () => actBell.wait(beatMs),
    JOIN: async () => {
      const id = newId();
      await store.join({ id, sessionMs, drainMs }, state.left);
      state.left = undefined;
      state.memberId = id;
      beatBell.ring();
    },
    START: async () => {
      const { view } = state.seen!;
      state.startedGeneration = view.generation;
      state.startedAt = now();
      const identity = { generation: view.generation, memberId: state.memberId!, partitions: view.owned };
      const lease = { isValid: () => now() < Math.min(state.ackedAt + sessionMs / 2, state.dropAt) };
      const faults = { onLost: report('LOST'), onFailed: report('FAILED'), onError };
      const work = {
        options,
        faultOf,
        maxBatch: settings.maxBatch,
        gatherMs: settings.gatherMs,
        pollMs,
        read: deps.read,
        subscribe: deps.onAppended,
      };
      state.session = createSession({ store, lease, commitTimeoutMs: sessionMs / 2, ...faults, ...work }, identity);
    },
    DRAIN: async () => {
      const { view, sentAt } = state.seen!;
      await endSession('REBALANCE', Math.min(drainMs, sentAt + view.drainWithin! - now()));
      if (state.trouble !== undefined || state.memberId === undefined) return;
      state.seen = undefined;
      await store.markReady(state.memberId);
      beatBell.ring();
    },
    RESTART: async () => {
      const trouble = state.trouble ?? {
        kind: 'LOST',
        error: new AppError('EPOCH_ENDED', 'the group has dropped this member'),
      };
      onError(trouble.error);
      await endSession(trouble.kind === 'LOST' ? 'LOST' : 'REBALANCE', drainMs);
      state.failures = trouble.kind === 'LOST' || now() - state.startedAt > soundMs ? 0 : state.failures + 1;
      state.trouble = undefined;
      forget();
      await leaveNow();
      if (state.failures > 0) await sleep(backoffDelay(restartDelay, state.failures), stop.signal);
    },
  };
  const keepActing = async (): Promise<void> => {
    while (!stop.signal.aborted) {
      try {
        await actions[nextAction(state)]();
      } catch (error) {
        onError(error);
        await sleep(retryMs, stop.signal);
      }
    }
  };

  const unsubscribe = deps.onGroupChanged(beatBell.ring);
  const beating = keepBeating();
  const acting = keepActing();
  return {
    close: async () => {
      stop.abort();
      actBell.ring();
      await acting;
      await endSession(state.trouble?.kind === 'LOST' ? 'LOST' : 'CLOSING', drainMs);
      beatsEnd.abort();
      unsubscribe();
      beatBell.ring();
      await beating;
      forget();
      await leaveNow().catch(onError);
    },
  };
};
