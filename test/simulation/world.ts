/** Time, chance and processes of the simulation: one queue of events on a fake clock, and a network that loses, delays and forgets. */
import { setImmediate } from 'node:timers/promises';
import { seededRandom } from '@sendpool/kernel';

export type Random = {
  /** True with probability `p`. */
  chance(p: number): boolean;
  /** Whole number from `low` to `high`, both included. */
  between(low: number, high: number): number;
  next(): number;
};

export const createRandom = (seed: number): Random => {
  const next = seededRandom(seed);
  return { next, chance: (p) => next() < p, between: (low, high) => low + Math.floor(next() * (high - low + 1)) };
};

type Event = { readonly at: number; readonly order: number; run(): void };

const isBefore = (a: Event, b: Event): boolean => a.at < b.at || (a.at === b.at && a.order < b.order);

const push = (heap: Event[], event: Event): void => {
  let index = heap.length;
  heap.push(event);
  while (index > 0) {
    const parent = (index - 1) >> 1;
    if (!isBefore(event, heap[parent]!)) break;
    heap[index] = heap[parent]!;
    index = parent;
  }
  heap[index] = event;
};

const sink = (heap: Event[], event: Event): void => {
  let index = 0;
  for (;;) {
    let child = 2 * index + 1;
    if (child >= heap.length) break;
    if (child + 1 < heap.length && isBefore(heap[child + 1]!, heap[child]!)) child++;
    if (isBefore(event, heap[child]!)) break;
    heap[index] = heap[child]!;
    index = child;
  }
  heap[index] = event;
};

const pop = (heap: Event[]): Event | undefined => {
  const top = heap[0];
  const last = heap.pop();
  if (top !== undefined && last !== undefined && heap.length > 0) sink(heap, last);
  return top;
};

export type Network = {
  /** Share of requests that are lost; as many lose their answer. */
  readonly lost: number;
  /** Share of requests that arrive late. */
  readonly late: number;
  readonly latestMs: number;
  readonly timeoutMs: number;
};

export type World = {
  now: number;
  /** Chance of the network, and of everything else. */
  readonly net: Random;
  readonly random: Random;
  readonly network: Network;
  /** No faults of the network after this time. */
  calmFrom: number;
  readonly trace: string[] | undefined;
  /** The first of each kind. */
  readonly violations: Map<string, string>;
  readonly heap: Event[];
  events: number;
};

export const createWorld = (seed: number, network: Network, isTraced: boolean): World => ({
  now: 0,
  net: createRandom(seed * 7919 + 1),
  random: createRandom(seed * 104_729 + 2),
  network,
  calmFrom: Infinity,
  trace: isTraced ? [] : undefined,
  violations: new Map(),
  heap: [],
  events: 0,
});

export const note = (world: World, text: () => string): void => {
  world.trace?.push(`${String(world.now).padStart(7)}  ${text()}`);
};

export const violate = (world: World, kind: string, what: string): void => {
  if (!world.violations.has(kind)) world.violations.set(kind, what);
  note(world, () => `!! ${kind}: ${what}`);
};

/** Runs `run` in `ms` milliseconds. */
export const at = (world: World, ms: number, run: () => void): void => {
  push(world.heap, { at: world.now + ms, order: world.events++, run });
};

/** Runs events in their order until `isOver` or the horizon; between two of them every promise that can go on goes on. */
export const runWorld = async (world: World, horizon: number, isOver: () => boolean): Promise<boolean> => {
  for (let count = 1; ; count++) {
    const event = pop(world.heap);
    if (event === undefined || event.at > horizon) return false;
    world.now = event.at;
    event.run();
    await setImmediate();
    if (count % 32 === 0 && isOver()) return true;
  }
};

/** One start of a process. Once it is dead nothing that was asked for ever answers; while it is paused everything waits. */
export type Life = {
  readonly world: World;
  readonly name: string;
  isAlive: boolean;
  /** The servers that it spoke to are gone: what is on its way to them does not arrive. */
  isCutOff: boolean;
  pausedUntil: number;
  lastFault: number;
};

export const createLife = (world: World, name: string): Life => ({
  world,
  name,
  isAlive: true,
  isCutOff: false,
  pausedUntil: 0,
  lastFault: -Infinity,
});

/** Runs `run` in this process in `ms` milliseconds, unless it is dead by then. */
export const later = (life: Life, ms: number, run: () => void): void => {
  const { world } = life;
  at(world, ms, () => {
    if (!life.isAlive) return;
    if (world.now < life.pausedUntil) later(life, life.pausedUntil - world.now, run);
    else run();
  });
};

export const sleep = (life: Life, ms: number): Promise<void> =>
  new Promise((resolve) => later(life, Math.max(0, Math.round(ms)), resolve));

/** A server that answers when it can: at once or much later. */
export type Answer<T> = (value: T) => void;

class RequestTimeout extends Error {
  constructor() {
    super('no answer');
    this.name = 'RequestTimeout';
  }
}

const delayOf = (world: World): number => {
  const { network, net } = world;
  const isLate = world.now < world.calmFrom && net.chance(network.late);
  return isLate ? net.between(network.timeoutMs, network.latestMs) : net.between(1, 6);
};

/**
 * A request to a server outside. It may be lost, lose its answer, or arrive late, also when its process is dead by then. `serve` runs
 * at the server, in one go; a promise that rejects is an answer too.
 */
export const ask = <T>(life: Life, serve: (answer: Answer<T>) => void, timeoutMs?: number): Promise<T> => {
  const { world } = life;
  const { network, net } = world;
  const isFaulty = world.now < world.calmFrom;
  const isLost = isFaulty && net.chance(network.lost);
  const isUnanswered = isFaulty && net.chance(network.lost);
  return new Promise((resolve, reject) => {
    const answer = (value: T): void => {
      if (!isUnanswered) later(life, net.between(1, 6), () => resolve(value));
    };
    if (!isLost) at(world, delayOf(world), () => life.isCutOff || serve(answer));
    later(life, timeoutMs ?? network.timeoutMs, () => reject(new RequestTimeout()));
  });
};

/** `serve` may throw at once or reject. */
const attempt = async <T>(serve: () => T | Promise<T>): Promise<{ value: T } | { error: unknown }> => {
  try {
    return { value: await serve() };
  } catch (error) {
    return { error };
  }
};

/** A request that is one step at the server. A throw or a rejection there comes back as such. */
export const call = async <T>(life: Life, serve: () => T | Promise<T>, timeoutMs?: number): Promise<T> => {
  type Outcome = { value: T } | { error: unknown };
  const outcome = await ask<Outcome>(life, (answer) => void attempt(serve).then(answer), timeoutMs);
  if ('error' in outcome) throw outcome.error;
  return outcome.value;
};
