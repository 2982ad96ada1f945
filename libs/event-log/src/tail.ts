/**
 * Reads every partition of a topic on and on, outside any group: for what each process wants to hear by itself. Both adapters hand in how
 * they read and where the log ends.
 */
import { sleep } from '@sendpool/kernel';
import { keepFollowing, type Faults, type KeptFollower } from './following.ts';
import type { Found, Wanted } from './group/delivery.ts';
import type { Bounds, StoredRecord, TailOptions } from './port.ts';

/** Milliseconds between two looks at where the log begins and ends: for new partitions, and a log that has lost what was read. */
const lookMs = 5000;
const defaultGatherMs = 5;

export type TailDeps = Faults &
  TailOptions & {
    bounds(): Promise<readonly Bounds[]>;
    /** Waits up to about a second when there is nothing. */
    read(wanted: readonly Wanted[]): Promise<Found>;
    /** Ends a read that waits. */
    wake(): void;
  };

export type KeptTail = Pick<KeptFollower, 'close' | 'standsStill'>;

/** `beyond`: partitions whose log ended before their place when it was looked at last. They are not read. */
type State = { places: Map<number, number>; beyond: Set<number>; lookAt: number };

/**
 * A leader that is new may not know yet how far its partition is written: a log is lost when it ends too early at two looks in a row. Then
 * whatever it holds is read.
 */
const place = ({ places, beyond }: State, { partition, first, next: end }: Bounds, from: TailOptions['from']): void => {
  const next = places.get(partition);
  if (next === undefined) places.set(partition, from.get(partition) ?? first);
  else if (next <= end) beyond.delete(partition);
  else if (beyond.delete(partition)) places.set(partition, first);
  else beyond.add(partition);
};

const wantedOf = ({ places, beyond }: State): Wanted[] =>
  [...places].flatMap(([partition, offset]) => (beyond.has(partition) ? [] : [{ partition, offset }]));

const hand = async (
  { places }: State,
  records: readonly StoredRecord[],
  onRecords: TailOptions['onRecords'],
): Promise<void> => {
  await onRecords(records);
  const { partition, offset } = records.at(-1)!;
  places.set(partition, offset + 1);
};

/** Records whose handler throws, and a read that fails, are tried again. */
export const createTail = (deps: TailDeps): KeptTail => {
  const { from, onRecords, gatherMs = defaultGatherMs } = deps;
  const stop = new AbortController();
  const state: State = { places: new Map(), beyond: new Set(), lookAt: 0 };
  const look = async (): Promise<void> => {
    for (const bounds of await deps.bounds()) place(state, bounds, from);
    state.lookAt = performance.now() + lookMs;
  };
  const readOn = async (): Promise<void> => {
    if (performance.now() >= state.lookAt) await look();
    const wanted = wantedOf(state);
    if (wanted.length === 0) return sleep(gatherMs, stop.signal);
    const { runs, isAtEnd, beyond = [] } = await deps.read(wanted);
    for (const { partition } of beyond) state.beyond.add(partition);
    for (const run of runs) if (!stop.signal.aborted) await hand(state, run, onRecords);
    if (runs.length > 0 && isAtEnd) await sleep(gatherMs, stop.signal);
  };
  return keepFollowing(readOn, deps, [stop, deps.wake]);
};

/** To begin a tail with what comes from now on. */
export const endsOf = (bounds: readonly Bounds[]): Map<number, number> =>
  new Map(bounds.map(({ partition, next }) => [partition, next]));
