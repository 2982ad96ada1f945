/**
 * Folds the delivery events of one lane into counts, each publication exactly once, however often its events are read.
 * A publication counts by its first definite outcome, else as UNKNOWN, else not at all (RELEASED, CANCELLED, GAP, LOST).
 */
import { isDefinite, type DeliveryEvent, type OutcomeEvent } from '@sendpool/contracts';
import { contributions, takenBack, type CountDelta } from './counts.ts';
import { addRange, hasSequence, holesIn, type Ranges } from './ranges.ts';

/** How much is known: 0 nothing (GAP, LOST), 1 not tried (RELEASED, CANCELLED), 2 UNKNOWN, 3 definite. Only more replaces less. */
type Rank = 0 | 1 | 2 | 3;

/** Sequences `from` to `to` that are settled without a definite outcome, so that a late one still changes their count. */
type OpenSettlement = {
  readonly from: number;
  readonly to: number;
  /** Clock of the event that settled them, milliseconds since 1970. */
  readonly at: number;
  readonly rank: Rank;
  /** What they added: to be taken back when they move. */
  readonly counted: readonly CountDelta[];
};

/** All that is remembered of a lane. Plain JSON. The first range of `settled` ends at the watermark, the others lie beyond it. */
export type LaneState = { readonly settled: Ranges; readonly open: readonly OpenSettlement[] };

/**
 * How long a settlement stays open: a definite outcome that comes later than this is ignored. The latest one possible is that of a
 * suspended sender which wakes up, so a day is plenty beyond the ten minutes of the reply after the final dot.
 */
export const openLimits = { ageMs: 24 * 3_600_000, entries: 4096 } as const;

export const emptyLane: LaneState = { settled: [], open: [] };

/** Every sequence from the lane's first one to this has been counted or settled; -1 before the first. */
export const watermark = (lane: LaneState): number => lane.settled[1] ?? -1;

/** The work of one fold, changed in place. */
type Draft = { readonly settled: Ranges; open: OpenSettlement[]; readonly deltas: CountDelta[] };

const rankOf = (event: OutcomeEvent): Rank => {
  if (isDefinite(event.outcome)) return 3;
  return event.outcome === 'UNKNOWN' ? 2 : 1;
};

const isContinued = (last: OpenSettlement | undefined, entry: OpenSettlement): last is OpenSettlement =>
  last !== undefined &&
  last.to + 1 === entry.from &&
  last.rank === entry.rank &&
  last.counted.length + entry.counted.length === 0;

/** Forgets what is too old, and the oldest when there are too many: those that count as UNKNOWN last. */
const forget = (open: OpenSettlement[], before: number): void => {
  const firstKept = open.findIndex((entry) => entry.at >= before);
  if (firstKept > 0) open.splice(0, firstKept);
  if (open.length <= openLimits.entries) return;
  open.splice(
    Math.max(
      0,
      open.findIndex((entry) => entry.rank < 2),
    ),
    1,
  );
};

const remember = (draft: Draft, entry: OpenSettlement): void => {
  const last = draft.open.at(-1);
  if (isContinued(last, entry)) draft.open[draft.open.length - 1] = { ...entry, from: last.from };
  else draft.open.push(entry);
  forget(draft.open, entry.at - openLimits.ageMs);
};

const settleFresh = (draft: Draft, event: OutcomeEvent): void => {
  const counted = contributions(event);
  addRange(draft.settled, event.sequence, event.sequence);
  draft.deltas.push(...counted);
  const rank = rankOf(event);
  if (rank < 3) remember(draft, { from: event.sequence, to: event.sequence, at: event.at, rank, counted });
};

/** Cuts one sequence out of an open settlement; at most two parts stay. */
const without = (entry: OpenSettlement, sequence: number): OpenSettlement[] =>
  [
    { ...entry, to: sequence - 1 },
    { ...entry, from: sequence + 1 },
  ].filter((part) => part.from <= part.to);

/** A settled sequence gets another outcome: it moves when the new one says more, and changes nothing otherwise. */
const settleAgain = (draft: Draft, event: OutcomeEvent): void => {
  const index = draft.open.findIndex((entry) => entry.from <= event.sequence && event.sequence <= entry.to);
  const entry = draft.open[index];
  if (entry === undefined || rankOf(event) <= entry.rank) return;
  draft.deltas.push(...entry.counted.map(takenBack));
  draft.open.splice(index, 1, ...without(entry, event.sequence));
  settleFresh(draft, event);
};

const settleHoles = (draft: Draft, range: { from: number; to: number; at: number }): void => {
  for (const [from, to] of holesIn(draft.settled, range.from, range.to))
    remember(draft, { from, to, at: range.at, rank: 0, counted: [] });
  if (range.from <= range.to) addRange(draft.settled, range.from, range.to);
};

const foldEvent = (draft: Draft, event: DeliveryEvent): void => {
  if (event.type === 'GAP') settleHoles(draft, event);
  else if (event.type === 'LOST') settleHoles(draft, { from: 0, to: event.upTo, at: event.at });
  else if (hasSequence(draft.settled, event.sequence)) settleAgain(draft, event);
  else settleFresh(draft, event);
};

/**
 * The next state of the lane and what to add to the numbers. Events are those of one lane in log order; any of them may have been
 * folded before. `state` is not changed; `open` is the same object when nothing in it changed.
 */
export const foldLane = (
  state: LaneState,
  events: readonly DeliveryEvent[],
): { state: LaneState; deltas: CountDelta[] } => {
  const draft: Draft = { settled: [...state.settled], open: [...state.open], deltas: [] };
  for (const event of events) foldEvent(draft, event);
  const isSame = draft.open.length === state.open.length && draft.open.every((entry, at) => entry === state.open[at]);
  return { state: { settled: draft.settled, open: isSame ? state.open : draft.open }, deltas: draft.deltas };
};
