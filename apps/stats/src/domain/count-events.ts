/** Counts batches of delivery events: folds them lane by lane and saves what was learned together with the position. */
import type { DeliveryEvent } from '@sendpool/contracts';
import type { CountDelta } from './counts.ts';
import { foldLane, type LaneState } from './fold.ts';

export const statsGroup = 'sendpool.stats';

/** Where counting stands in a lane: all records before `next` are in the numbers. */
export type LanePosition = { readonly lane: number; readonly next: number; readonly state: LaneState };

export type LaneChange = {
  readonly lane: number;
  /** The position is moved only from exactly this. */
  readonly expected: number;
  readonly next: number;
  readonly state: LaneState;
  /** False when the open settlements need not be written again. */
  readonly openChanged: boolean;
  readonly deltas: readonly CountDelta[];
  /** Clock of the newest event of the change, milliseconds since 1970; undefined when it holds none. */
  readonly lastAt: number | undefined;
};

export type LaneBatch = {
  readonly lane: number;
  /** Offset of the first record of the batch. */
  readonly first: number;
  /** Offset after the last record of the batch. */
  readonly next: number;
  readonly events: readonly { readonly offset: number; readonly event: DeliveryEvent }[];
};

export type CountStore = {
  /** Positions of these lanes; a lane that was never counted begins at 0. */
  load(lanes: readonly number[]): Promise<LanePosition[]>;
  /** All or nothing. Throws AppError CONFLICT when a position is not the expected one: somebody else has counted. */
  save(changes: readonly LaneChange[]): Promise<void>;
  /** Moves the position of a lane back from exactly `from`. */
  rewind(lane: number, from: number, to: number): Promise<void>;
};

/** First kept and next offset of a lane's delivery events. */
type Bounds = { readonly first: number; readonly next: number };

export type CountEvents = {
  /**
   * Moves positions beyond the end of the log back to its first record, and resolves to their lanes: the log was restored to an older
   * state, and what was written there since is not counted yet. What was counted before is not counted again.
   */
  rewind(lanes: readonly number[], bounds: () => Promise<ReadonlyMap<number, Bounds>>): Promise<number[]>;
  /** Reads the positions of the lanes that are ours from now on; returns where to read from. */
  assigned(lanes: readonly number[]): Promise<ReadonlyMap<number, number>>;
  /** Resolves once the numbers are durable. Throws, and changes nothing, when the lane is not ours any more. */
  count(batch: LaneBatch): Promise<Counted>;
};

type Counted = {
  /** Events that were read for the first time. */
  readonly events: number;
  /** Records that the log had dropped before they were read: their counts are lost. */
  readonly missed: number;
};

const freshEvents = (position: LanePosition, batch: LaneBatch): DeliveryEvent[] =>
  batch.events.filter(({ offset }) => offset >= position.next).map(({ event }) => event);

const changeOf = (position: LanePosition, batch: LaneBatch, fresh: readonly DeliveryEvent[]): LaneChange => {
  const { state, deltas } = foldLane(position.state, fresh);
  return {
    lane: batch.lane,
    expected: position.next,
    next: batch.next,
    state,
    openChanged: state.open !== position.state.open,
    deltas,
    lastAt: fresh.at(-1)?.at,
  };
};

const rewind = async (
  store: CountStore,
  lanes: readonly number[],
  bounds: () => Promise<ReadonlyMap<number, Bounds>>,
): Promise<number[]> => {
  const positions = await store.load(lanes);
  // Read after the positions: whoever counts meanwhile stays before the end.
  const kept = await bounds();
  const beyond = positions.filter(({ lane, next }) => next > (kept.get(lane)?.next ?? 0));
  for (const { lane, next } of beyond) await store.rewind(lane, next, kept.get(lane)?.first ?? 0);
  return beyond.map(({ lane }) => lane);
};

export const createCountEvents = (store: CountStore): CountEvents => {
  let positions = new Map<number, LanePosition>();
  return {
    rewind: (lanes, bounds) => rewind(store, lanes, bounds),
    assigned: async (lanes) => {
      const loaded = await store.load(lanes);
      positions = new Map(loaded.map((position) => [position.lane, position]));
      return new Map(loaded.map(({ lane, next }) => [lane, next]));
    },
    count: async (batch) => {
      const held = positions;
      const position = held.get(batch.lane);
      if (position === undefined) throw new Error(`lane ${batch.lane} was never assigned`);
      if (batch.next <= position.next) return { events: 0, missed: 0 };
      const fresh = freshEvents(position, batch);
      const change = changeOf(position, batch, fresh);
      await store.save([change]);
      held.set(batch.lane, { lane: batch.lane, next: change.next, state: change.state });
      return { events: fresh.length, missed: Math.max(0, batch.first - position.next) };
    },
  };
};
