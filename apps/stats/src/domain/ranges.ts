/** Sets of lane sequences as sorted ranges in one flat list: [from, to, from, to, …], both ends included, never touching. */

export type Ranges = number[];

/** Index of the first pair whose end is at or beyond `sequence`; the length when there is none. */
const pairAt = (ranges: Ranges, sequence: number): number => {
  let low = 0;
  let high = ranges.length / 2;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (ranges[middle * 2 + 1]! < sequence) low = middle + 1;
    else high = middle;
  }
  return low * 2;
};

export const hasSequence = (ranges: Ranges, sequence: number): boolean => {
  const pair = pairAt(ranges, sequence);
  return pair < ranges.length && ranges[pair]! <= sequence;
};

/** Adds `from` to `to` in place. */
export const addRange = (ranges: Ranges, from: number, to: number): void => {
  const start = pairAt(ranges, from - 1);
  let end = start;
  let low = from;
  let high = to;
  while (end < ranges.length && ranges[end]! <= to + 1) {
    low = Math.min(low, ranges[end]!);
    high = Math.max(high, ranges[end + 1]!);
    end += 2;
  }
  ranges.splice(start, end - start, low, high);
};

/** The parts of `from` to `to` that are not in the set, as pairs. */
export const holesIn = (ranges: Ranges, from: number, to: number): [from: number, to: number][] => {
  const holes: [number, number][] = [];
  let next = from;
  for (let pair = pairAt(ranges, from); pair < ranges.length && ranges[pair]! <= to; pair += 2) {
    if (ranges[pair]! > next) holes.push([next, ranges[pair]! - 1]);
    next = ranges[pair + 1]! + 1;
  }
  if (next <= to) holes.push([next, to]);
  return holes;
};
