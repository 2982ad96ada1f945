/** How far counting is behind the event log. */

export type Lag = {
  /** Events that are in the numbers. */
  readonly counted: number;
  /** Events in the log that are not. */
  readonly behind: number;
};

/** `positions`: next offset to count of each lane; `ends`: next offset to be written. */
export const lagOf = (
  positions: ReadonlyMap<number, number>,
  ends: readonly { partition: number; next: number }[],
): Lag => ({
  counted: [...positions.values()].reduce((sum, next) => sum + next, 0),
  behind: ends.reduce((sum, { partition, next }) => sum + Math.max(0, next - (positions.get(partition) ?? 0)), 0),
});
