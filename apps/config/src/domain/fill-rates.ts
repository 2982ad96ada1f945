/**
 * How fast each server of a pool sends, by water-filling: the stream of messages rises, each server takes its part by weight; one that is
 * full gives its excess to the others by their weights, or, when its messages wait for it, stops the stream.
 */
import type { Steps } from './in-turns.ts';

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
type Tight = { readonly tap: number; readonly part: number | null };

export type Filled = {
  /** Messages a second by server and part. */
  readonly rates: readonly (readonly number[])[];
  readonly tight: readonly Tight[];
  /** Units of work that it took. */
  readonly work: number;
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

const room = (limit: number, now: number, slope: number): number => (slope > 0 ? (limit - now) / slope : Infinity);

type Slopes = readonly (readonly number[])[];
type Visit = (tap: number, part: number | null, step: number) => void;

/** Tells of each cap how far the stream may rise until it is reached. */
const eachReach = ({ taps, rates }: State, slopes: Slopes, visit: Visit): void => {
  for (const [tap, { cap, partCaps }] of taps.entries()) {
    const [now, slope] = [rates[tap]!, slopes[tap]!];
    const rising = total(slope);
    if (rising === 0) continue;
    visit(tap, null, room(cap, total(now), rising));
    for (let part = 0; part < partCaps.length; part += 1)
      visit(tap, part, room(partCaps[part]!, now[part]!, slope[part]!));
  }
};

const rise = ({ rates }: State, slopes: Slopes, step: number): void => {
  for (const [tap, row] of rates.entries()) for (const part of row.keys()) row[part]! += slopes[tap]![part]! * step;
};

const close = ({ open }: State, { tap, part }: Tight): void => {
  if (part === null) open[tap]!.fill(false);
  else open[tap]![part] = false;
};

/** Caps that are reached together, but for rounding. */
const together = 1 + 1e-9;

const stops = ({ waits, partsWait }: Tap, { part }: Tight): boolean => (part === null ? waits : partsWait);

/** One step up; the caps that were reached, and whether they stop the stream. */
const stepUp = (state: State, parts: readonly number[]): { reached: readonly Tight[]; ends: boolean } => {
  const slopes = slopesOf(state, parts);
  let least = Infinity;
  eachReach(state, slopes, (_tap, _part, step) => {
    if (step < least) least = step;
  });
  if (!Number.isFinite(least)) return { reached: [], ends: true };
  const reached: Tight[] = [];
  eachReach(state, slopes, (tap, part, step) => {
    if (step <= least * together) reached.push({ tap, part });
  });
  rise(state, slopes, Math.max(0, least));
  for (const tight of reached) close(state, tight);
  return { reached, ends: reached.some((tight) => stops(state.taps[tight.tap]!, tight)) };
};

/** `parts` are the parts of the stream, as in those to each mailbox provider; their sum is 1. A unit of work is a look at one part of a tap. */
export const fillRates = function* (taps: readonly Tap[], parts: readonly number[]): Steps<Filled> {
  const state: State = {
    taps,
    rates: taps.map(() => parts.map(() => 0)),
    open: taps.map(({ weight }) => parts.map((size) => weight > 0 && size > 0)),
  };
  const tight: Tight[] = [];
  const looks = taps.length * parts.length;
  let work = 0;
  for (let ends = false; !ends; yield looks) {
    const stepped = stepUp(state, parts);
    tight.push(...stepped.reached);
    ends = stepped.ends;
    work += looks;
  }
  return { rates: state.rates, tight, work };
};
