/** What one delivery event adds to the numbers: pure facts, before anybody asks whether it counts. */
import { isDefinite, type OutcomeEvent } from '@sendpool/contracts';
import type { Sends } from './bounce-test.ts';

export const counters = [
  'accepted',
  'bouncedHard',
  'bouncedBlock',
  'bouncedSoft',
  'deferred',
  'unknown',
  'failovers',
  'latencySum',
  'latencyCount',
  'latencyMax',
] as const;
/** All are sums, but `latencyMax`, which is a maximum. Latencies are whole milliseconds, of definite outcomes only. */
export type Counter = (typeof counters)[number];
export type Counts = Record<Counter, number>;

/** What to add to the numbers of (campaign, server, provider, minute); negative when a count moves away. */
export type CountDelta = {
  readonly campaignId: string;
  /** Empty when no server is known: a crash left only "started" behind. */
  readonly serverId: string;
  readonly provider: string;
  /** Empty when no pool is known. Missing, like `at`, in an UNKNOWN that was remembered before there were pools here. */
  readonly poolId: string;
  /** Clock of the event, milliseconds since 1970. */
  readonly at: number;
  /** Start of its minute. */
  readonly minute: number;
  readonly add: Partial<Counts>;
};

const minuteMs = 60_000;
export const minuteOf = (at: number): number => at - (at % minuteMs);

export const noCounts = (): Counts => ({
  accepted: 0,
  bouncedHard: 0,
  bouncedBlock: 0,
  bouncedSoft: 0,
  deferred: 0,
  unknown: 0,
  failovers: 0,
  latencySum: 0,
  latencyCount: 0,
  latencyMax: 0,
});

export const addCounts = (sum: Counts, add: Partial<Counts>): void => {
  for (const name in add) {
    const counter = name as Counter;
    const value = add[counter] ?? 0;
    sum[counter] = counter === 'latencyMax' ? Math.max(sum[counter], value) : sum[counter] + value;
  }
};

/** Messages that reached the server: the outcomes of all kinds. */
export const attemptedOf = (add: Partial<Counts>): number =>
  (add.accepted ?? 0) +
  (add.bouncedHard ?? 0) +
  (add.bouncedBlock ?? 0) +
  (add.bouncedSoft ?? 0) +
  (add.deferred ?? 0) +
  (add.unknown ?? 0);

/** What counts for a bounce rate: neither soft refusals nor deferrals nor doubts do. */
export const judgedSends = (add: Partial<Counts>): Sends => {
  const bounced = (add.bouncedHard ?? 0) + (add.bouncedBlock ?? 0);
  return { sends: (add.accepted ?? 0) + bounced, bounced };
};

export type CountSum = CountDelta & { readonly add: Counts };

/** Sums deltas that share a key; the key says which numbers are kept apart, the other facts are those of the first delta. */
export const sumDeltas = (
  deltas: Iterable<CountDelta>,
  keyOf: (delta: CountDelta) => string,
): Map<string, CountSum> => {
  const sums = new Map<string, CountSum>();
  for (const delta of deltas) {
    const key = keyOf(delta);
    let sum = sums.get(key);
    if (sum === undefined) sums.set(key, (sum = { ...delta, add: noCounts() }));
    addCounts(sum.add, delta.add);
  }
  return sums;
};

const bounceCounter = (event: OutcomeEvent): Counter => {
  if (event.bounceClass === 'HARD') return 'bouncedHard';
  return event.bounceClass === 'BLOCK' ? 'bouncedBlock' : 'bouncedSoft';
};

const outcomeCounter = (event: OutcomeEvent): Counter | undefined => {
  if (event.outcome === 'ACCEPTED') return 'accepted';
  if (event.outcome === 'DEFERRED') return 'deferred';
  if (event.outcome === 'UNKNOWN') return 'unknown';
  return event.outcome === 'BOUNCED' ? bounceCounter(event) : undefined;
};

const outcomeCounts = (event: OutcomeEvent): Partial<Counts> | undefined => {
  const counter = outcomeCounter(event);
  if (counter === undefined) return undefined;
  if (event.latencyMs === null || !isDefinite(event.outcome)) return { [counter]: 1 };
  const latency = Math.round(event.latencyMs);
  return { [counter]: 1, latencySum: latency, latencyCount: 1, latencyMax: latency };
};

/** The numbers of an event that counts: its outcome, and one failover for each server that failed before. */
export const contributions = (event: OutcomeEvent): CountDelta[] => {
  const minute = minuteOf(event.at);
  const at = (serverId: string, add: Partial<Counts>): CountDelta => ({
    campaignId: event.campaignId,
    serverId,
    provider: event.provider,
    poolId: event.poolId ?? '',
    at: event.at,
    minute,
    add,
  });
  const outcome = outcomeCounts(event);
  const deltas = outcome === undefined ? [] : [at(event.serverId ?? '', outcome)];
  for (const hop of event.hops) deltas.push(at(hop.serverId, { failovers: 1 }));
  return deltas;
};

/** The same numbers taken away again. Maxima cannot be taken away; only outcomes without one are. */
export const takenBack = (delta: CountDelta): CountDelta => ({
  ...delta,
  add: Object.fromEntries(Object.entries(delta.add).map(([name, value]) => [name, -value])),
});
