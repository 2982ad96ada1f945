/** Figures of a run: how long delivery stood still after each kind of fault, and how fast lanes were taken over. */
import { lanesHeld } from './check-doubt.ts';
import { plannedStops } from './check-ends.ts';
import type { Holding, Struck } from './evidence.ts';
import type { Facts } from './facts.ts';

/** Milliseconds; null when there was nothing to measure. */
export type Pause = {
  readonly what: string;
  readonly count: number;
  /** Longest time without a mail at any server that began after the fault and before the next one. */
  readonly longestGapMs: number | null;
  /** From the moment when the process was there again until mails flow. */
  readonly slowestResumeMs: number | null;
};

/** One mail may be the end of an old conversation; so many are not. */
const flow = 20;
const longestWatch = 45_000;

const most = (values: readonly (number | undefined)[]): number | null => {
  const known = values.filter((value) => value !== undefined);
  return known.length === 0 ? null : Math.max(...known);
};

/** Index of the first time that is not before `at`. */
const firstFrom = (times: readonly number[], at: number): number => {
  let [low, high] = [0, times.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (times[middle]! < at) low = middle + 1;
    else high = middle;
  }
  return low;
};

const longestGap = (times: readonly number[], from: number, to: number): number | undefined => {
  const first = firstFrom(times, from);
  if (first >= times.length) return undefined;
  let longest = times[first]! - from;
  for (let index = first; index + 1 < times.length && times[index]! < to; index++)
    longest = Math.max(longest, times[index + 1]! - times[index]!);
  return longest;
};

const resumeAfter = (times: readonly number[], at: number | undefined): number | undefined => {
  const flowing = at === undefined ? undefined : times[firstFrom(times, at) + flow - 1];
  return flowing === undefined ? undefined : flowing - at!;
};

const isWhole = ({ kind }: Struck): boolean => kind === 'broker' || kind === 'postgres';
const wordOf = ({ kind, fault, forMs }: Struck, sessionMs: number): string => {
  if (fault === 'PAUSE') return `${kind} PAUSE ${forMs > sessionMs ? 'beyond the session' : 'short'}`;
  return `${kind} ${fault}`;
};

/** The time in which the effect of a fault is to be seen, and nothing else's. */
const windowEnd = ({ at, forMs }: Struck, faults: readonly Struck[]): number => {
  const next = faults.find((other) => other.at > at + forMs);
  return Math.min(next?.at ?? Infinity, at + forMs + longestWatch);
};

export const measurePauses = ({ faults, mails, run }: Facts): Pause[] => {
  const times = mails.map(({ at }) => at).sort((a, b) => a - b);
  const struck = faults.filter(({ skipped }) => skipped === undefined);
  const groups = Map.groupBy(struck, (fault) => wordOf(fault, run.sessionMs));
  return [...groups].map(([what, group]) => ({
    what,
    count: group.length,
    longestGapMs: most(group.map((fault) => longestGap(times, fault.at, windowEnd(fault, struck)))),
    slowestResumeMs: most(group.filter(isWhole).map(({ readyAt }) => resumeAfter(times, readyAt))),
  }));
};

const takeOverOf = (
  lane: number,
  at: number,
  holdings: ReadonlyMap<string, readonly Holding[]>,
): number | undefined => {
  const later = [...holdings.values()].flat().filter((holding) => holding.at > at && holding.lanes.includes(lane));
  return later.length === 0 ? undefined : Math.min(...later.map((holding) => holding.at)) - at;
};

/** The slowest take-over of a lane whose sender was killed. */
export const slowestTakeOver = ({ faults, holdings }: Facts): number | null => {
  const killed = faults.filter(({ kind, fault, skipped }) => kind === 'sender' && fault === 'KILL' && !skipped);
  return most(
    killed.flatMap(({ target, at }) =>
      [...lanesHeld(holdings.get(target) ?? [], at)].map((lane) => takeOverOf(lane, at, holdings)),
    ),
  );
};

export const slowestStop = ({ faults }: Facts): number | null =>
  most(plannedStops(faults).map(({ at, endedAt }) => (endedAt === undefined ? undefined : endedAt - at)));
