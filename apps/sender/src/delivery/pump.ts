/** Runs the queues: whatever happens asks for the pump, and it runs once for all that was asked in the same turn. */
import { createRetryBudget } from '../domain/retry-budget.ts';
import type { Context, DeliveryDeps } from './context.ts';
import { createPool, isEmpty, pumpPool, type Pool } from './pool-queue.ts';
import { advance } from './server-queue.ts';
import type { Server } from './server.ts';
import type { Task } from './task.ts';

export type Pump = {
  readonly context: Context;
  /** Every pool that is known or was asked for, with its queue. */
  pool(id: string): Pool;
  pools(): Iterable<Pool>;
  /** Puts a message at the end of the queue of its pool. */
  enqueue(task: Task): void;
  stop(): void;
};

type State = {
  pools: Map<string, Pool>;
  /** Pools with waiting messages. */
  busy: Set<Pool>;
  /** Servers where something changed. */
  freed: Set<Server>;
  isAsked: boolean;
  isStopped: boolean;
  timer: NodeJS.Timeout | undefined;
};

/** One round: each pool hands on at most `most` messages, and the one that did goes to the end. */
const runRound = (
  context: Context,
  state: State,
  turn: { now: number; most: number },
): { wakeAt: number; hasMoved: boolean } => {
  let wakeAt = Infinity;
  let hasMoved = false;
  for (const pool of Array.from(state.busy)) {
    const { moved, until } = pumpPool(context, pool, turn);
    wakeAt = Math.min(wakeAt, until ?? Infinity);
    if (moved === 0 && !isEmpty(pool)) continue;
    hasMoved = true;
    state.busy.delete(pool);
    if (!isEmpty(pool)) state.busy.add(pool);
  }
  return { wakeAt, hasMoved };
};

/** Another pool is first each time: what a limit lets go may be one message for all of them. */
const beginAnywhere = ({ busy }: State, random: number): void => {
  if (busy.size < 2) return;
  for (const pool of [...busy].slice(0, Math.floor(random * busy.size))) {
    busy.delete(pool);
    busy.add(pool);
  }
};

/** Pools take turns, a message each: one that always has more must not take every place that becomes free. */
const runPools = (context: Context, state: State, now: number): number => {
  beginAnywhere(state, context.random());
  for (;;) {
    const isAlone = state.busy.size === 1;
    const { wakeAt, hasMoved } = runRound(context, state, { now, most: isAlone ? Infinity : 1 });
    if (isAlone || !hasMoved) return wakeAt;
  }
};

/** A longer wait is looked at again on the way. */
const longestWaitMs = 60_000;

const run = (context: Context, state: State): void => {
  state.isAsked = false;
  if (state.isStopped) return;
  const now = context.clock.monotonic();
  for (const server of state.freed) advance(context, server, now);
  state.freed.clear();
  const wakeAt = runPools(context, state, now);
  clearTimeout(state.timer);
  state.timer =
    wakeAt === Infinity
      ? undefined
      : setTimeout(() => run(context, state), Math.min(longestWaitMs, Math.max(1, wakeAt - now)));
};

const ask = (context: Context, state: State): void => {
  if (state.isAsked) return;
  state.isAsked = true;
  queueMicrotask(() => run(context, state));
};

/** Each pool gets its messages back in the order in which they are given. */
const putBack = (state: State, tasks: readonly Task[]): void => {
  for (const [pool, group] of Map.groupBy(tasks, (task) => task.pool)) {
    pool.waiting.unshift(group);
    state.busy.add(pool);
  }
};

const poolOf = (state: State, id: string): Pool => {
  const known = state.pools.get(id);
  if (known !== undefined) return known;
  const created = createPool(id);
  state.pools.set(id, created);
  return created;
};

const createContext = (deps: DeliveryDeps, state: State): Context => {
  const context: Context = {
    ...deps,
    servers: new Map(),
    retries: createRetryBudget(),
    again: (tasks) => {
      for (const task of tasks) task.server = null;
      putBack(state, tasks);
      ask(context, state);
    },
    freed: (server) => {
      state.freed.add(server);
      ask(context, state);
    },
  };
  return context;
};

export const createPump = (deps: DeliveryDeps): Pump => {
  const state: State = {
    pools: new Map(),
    busy: new Set(),
    freed: new Set(),
    isAsked: false,
    isStopped: false,
    timer: undefined,
  };
  const context = createContext(deps, state);
  return {
    context,
    pool: (id) => poolOf(state, id),
    pools: () => state.pools.values(),
    enqueue: (task) => {
      task.pool.waiting.push(task);
      state.busy.add(task.pool);
      ask(context, state);
    },
    stop: () => {
      state.isStopped = true;
      clearTimeout(state.timer);
    },
  };
};
