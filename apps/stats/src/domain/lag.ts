/** How far counting is behind the event log. */

export type Lag = {
  /** Events that are in the numbers. */
  readonly counted: number;
  /** Events in the log that are not. */
  readonly behind: number;
};

/** Next offset to count of each lane. */
type Positions = ReadonlyMap<number, number>;
/** `next`: next offset to be written. */
type Ends = readonly { partition: number; next: number }[];

/** Events in the log that are not in the numbers, by lane. */
export const behindOf = (positions: Positions, ends: Ends): Map<number, number> =>
  new Map(ends.map(({ partition, next }) => [partition, Math.max(0, next - (positions.get(partition) ?? 0))]));

const sum = (numbers: Iterable<number>): number => [...numbers].reduce((total, number) => total + number, 0);

export const lagOf = (positions: Positions, ends: Ends): Lag => ({
  counted: sum(positions.values()),
  behind: sum(behindOf(positions, ends).values()),
});
