/**
 * How fast each server of a pool sends, by water-filling: the stream of messages rises, each server takes its part by weight; one that is
 * full gives its excess to the others by their weights, or, when its messages wait for it, stops the stream.
 */

export type Tap = {
  readonly weight: number;
  /** Messages a second, finite. */
  readonly cap: number;
  /** At its cap its messages wait; else they overflow to the others. */
  readonly waits: boolean;
  /** Messages a second for each part of the stream; Infinity = no limit of its own. */
  readonly partCaps: readonly number[];
  /** The same for the caps of its parts. */
  readonly partsWait: boolean;
};

/** A cap that holds the stream or diverts it; `part` is null for that of the whole server. */
export type Tight = { readonly tap: number; readonly part: number | null };

export type Filled = {
  /** Messages a second by server and part. */
  readonly rates: readonly (readonly number[])[];
  readonly tight: readonly Tight[];
};

type State = { readonly taps: readonly Tap[]; readonly rates: number[][]; readonly open: boolean[][] };

const total = (numbers: readonly number[]): number => numbers.reduce((sum, number) => sum + number, 0);

/** Messages a second that each server takes more for each one that the stream rises. */
const slopesOf = ({ taps, open }: State, parts: readonly number[]): number[][] => {
  const weights = parts.map((_, part) => total(taps.map(({ weight }, tap) => (open[tap]![part]! ? weight : 0))));
  return taps.map(({ weight }, tap) =>
    parts.map((size, part) => (open[tap]![part]! ? (size * weight) / weights[part]! : 0)),
  );
};

type Reach = Tight & { readonly step: number; readonly stops: boolean };

const room = (limit: number, now: number, slope: number): number => (slope > 0 ? (limit - now) / slope : Infinity);

/** How far the stream may rise until each cap that is filling is reached. */
const reachesOf = ({ taps, rates }: State, slopes: readonly (readonly number[])[]): Reach[] =>
  taps.flatMap(({ cap, waits, partCaps, partsWait }, tap) => {
    const own = { tap, part: null, step: room(cap, total(rates[tap]!), total(slopes[tap]!)), stops: waits };
    const parts = partCaps.map((limit, part) => {
      const step = room(limit, rates[tap]![part]!, slopes[tap]![part]!);
      return { tap, part, step, stops: partsWait };
    });
    return [own, ...parts];
  });

const rise = ({ rates }: State, slopes: readonly (readonly number[])[], step: number): void => {
  for (const [tap, row] of rates.entries()) for (const part of row.keys()) row[part]! += slopes[tap]![part]! * step;
};

const close = ({ open }: State, { tap, part }: Tight): void => {
  if (part === null) open[tap]!.fill(false);
  else open[tap]![part] = false;
};

/** Caps that are reached together, but for rounding. */
const together = 1 + 1e-9;

/** One step up; the caps that were reached, and whether they stop the stream. */
const step = (state: State, parts: readonly number[]): { reached: readonly Reach[]; ends: boolean } => {
  const slopes = slopesOf(state, parts);
  const reaches = reachesOf(state, slopes);
  const least = Math.min(...reaches.map((reach) => reach.step));
  if (!Number.isFinite(least)) return { reached: [], ends: true };
  rise(state, slopes, Math.max(0, least));
  const reached = reaches.filter((reach) => reach.step <= least * together);
  for (const reach of reached) close(state, reach);
  return { reached, ends: reached.some(({ stops }) => stops) };
};

/** `parts` are the parts of the stream, as in those to each mailbox provider; their sum is 1. */
export const fillRates = (taps: readonly Tap[], parts: readonly number[]): Filled => {
  const state: State = {
    taps,
    rates: taps.map(() => parts.map(() => 0)),
    open: taps.map(({ weight }) => parts.map((size) => weight > 0 && size > 0)),
  };
  const tight: Tight[] = [];
  for (let ends = false; !ends;) {
    const stepped = step(state, parts);
    tight.push(...stepped.reached.map(({ tap, part }) => ({ tap, part })));
    ends = stepped.ends;
  }
  return { rates: state.rates, tight };
};
