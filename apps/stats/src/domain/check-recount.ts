/** Proves the numbers: counts the event log again in the plainest way and compares with what is kept. */
import { deliveryEventsTopic, type DeliveryEvent } from '@sendpool/contracts';
import { counters, minuteOf, noCounts, sumDeltas, type CountDelta, type Counter, type Counts } from './counts.ts';
import { createRecount } from './recount.ts';

type KeptNumbers = {
  /** Next offset to count of each lane: the numbers are those of all records before it. */
  readonly positions: ReadonlyMap<number, number>;
  /** By server, provider and minute; the campaign is empty. */
  readonly minutes: readonly CountDelta[];
  /** By campaign, server and provider; the minute is 0. */
  readonly campaigns: readonly CountDelta[];
};

export type LoggedEvent = { readonly at: number; readonly event: DeliveryEvent };

export type RecountDeps = {
  /** Positions and numbers of one moment. */
  kept(): Promise<KeptNumbers>;
  /** First record of each lane that the log still has. */
  firstKept(): Promise<ReadonlyMap<number, number>>;
  /** Readable events of a lane from offset `from` to before `to`, in order, with the time at which the log took them. */
  events(lane: number, from: number, to: number): AsyncIterable<LoggedEvent>;
  /** Milliseconds since 1970. */
  now(): number;
};

export type Difference = {
  readonly key: string;
  readonly counter: Counter;
  readonly kept: number;
  readonly recounted: number;
};

export type RecountReport = {
  readonly events: number;
  readonly lanes: number;
  /** Sums of what was compared by minute. */
  readonly kept: Counts;
  readonly recounted: Counts;
  readonly differences: readonly Difference[];
  /**
   * Undefined when the log reaches back to the first event. Else only minutes from this one on were compared (milliseconds since 1970),
   * and no campaigns: what came before is in the numbers and no longer in the log.
   */
  readonly comparedSince: number | undefined;
};

/** A late outcome or a clock that is wrong may put an event this far from its neighbours. */
const marginMs = 3_600_000;

const minuteKey = (delta: CountDelta): string =>
  `${new Date(delta.minute).toISOString().slice(0, 16)}Z server=${delta.serverId} provider=${delta.provider}`;
const campaignKey = (delta: CountDelta): string =>
  `campaign=${delta.campaignId} server=${delta.serverId} provider=${delta.provider}`;

const sumsBy = (deltas: readonly CountDelta[], keyOf: (delta: CountDelta) => string): Map<string, Counts> =>
  new Map([...sumDeltas(deltas, keyOf)].map(([key, sum]) => [key, sum.add]));

const byText = (a: string, b: string): number => (a < b ? -1 : 1);

const differencesOf = (kept: Map<string, Counts>, recounted: Map<string, Counts>): Difference[] =>
  [...new Set([...kept.keys(), ...recounted.keys()])].sort(byText).flatMap((key) => {
    const [before, after] = [kept.get(key) ?? noCounts(), recounted.get(key) ?? noCounts()];
    return counters
      .filter((counter) => before[counter] !== after[counter])
      .map((counter) => ({ key, counter, kept: before[counter], recounted: after[counter] }));
  });

const totalOf = (deltas: readonly CountDelta[]): Counts => sumsBy(deltas, () => '').get('') ?? noCounts();

/** `firstAt`: when the log took the first event it still has. */
type Reading = { events: number; deltas: CountDelta[]; firstAt: number | undefined };

/** Counts one lane again; only what its publications add up to is kept in memory afterwards. */
const recountLane = async (events: AsyncIterable<LoggedEvent>): Promise<Reading> => {
  const counting = createRecount();
  let read = 0;
  let firstAt: number | undefined;
  for await (const { at, event } of events) {
    counting.add(event);
    firstAt ??= at;
    read += 1;
  }
  const sums = sumDeltas(counting.deltas(), (delta) => `${campaignKey(delta)} ${delta.minute}`);
  return { events: read, deltas: [...sums.values()], firstAt };
};

type Everything = { events: number; deltas: CountDelta[]; comparedSince: number | undefined };

const recountLanes = async (deps: RecountDeps, positions: ReadonlyMap<number, number>): Promise<Everything> => {
  const firstKept = await deps.firstKept();
  const all: Everything = { events: 0, deltas: [], comparedSince: undefined };
  for (const [lane, next] of positions) {
    const first = firstKept.get(lane) ?? 0;
    const { events, deltas, firstAt } = await recountLane(deps.events(lane, first, next));
    all.events += events;
    all.deltas.push(...deltas);
    // Of a lane with nothing left, only that all of it is older than the log keeps events is known.
    const droppedUntil = firstAt ?? deps.now() - deliveryEventsTopic.retentionMs;
    if (first > 0) all.comparedSince = Math.max(all.comparedSince ?? 0, minuteOf(droppedUntil + marginMs));
  }
  return all;
};

/** Reads the whole kept log up to the counted positions. */
export const checkRecount = async (deps: RecountDeps): Promise<RecountReport> => {
  const kept = await deps.kept();
  const { events, deltas, comparedSince } = await recountLanes(deps, kept.positions);
  const isCompared = (delta: CountDelta): boolean => delta.minute >= (comparedSince ?? 0);
  const minutes = { kept: kept.minutes.filter(isCompared), recounted: deltas.filter(isCompared) };
  const byMinute = differencesOf(sumsBy(minutes.kept, minuteKey), sumsBy(minutes.recounted, minuteKey));
  const byCampaign = differencesOf(sumsBy(kept.campaigns, campaignKey), sumsBy(deltas, campaignKey));
  return {
    events,
    lanes: kept.positions.size,
    kept: totalOf(minutes.kept),
    recounted: totalOf(minutes.recounted),
    differences: comparedSince === undefined ? [...byMinute, ...byCampaign] : byMinute,
    comparedSince,
  };
};
