/** The columns of the counters, as every statement on numbers needs them. */
import { counters, type Counter, type Counts } from '../domain/counts.ts';

const columnOf = (counter: Counter): string => counter.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

const columns = counters.map(columnOf);

/** `accepted, bounced_hard, …` */
export const counterColumns = columns.join(', ');

/** Sums (for the maximum: maxima) of a group, named as in the domain. */
export const counterSums = counters
  .map((counter) => `${counter === 'latencyMax' ? 'max' : 'sum'}(${columnOf(counter)})::bigint as "${counter}"`)
  .join(', ');

const increment = (column: string): string =>
  column === 'latency_max'
    ? 'latency_max = greatest(n.latency_max, excluded.latency_max)'
    : `${column} = n.${column} + excluded.${column}`;

/** Adds what was proposed for insertion to the row that is there; the table is called `n`. */
export const counterIncrements = columns.map(increment).join(', ');

/** `$4::bigint[], $5::bigint[], …` from the parameter `first` on. */
export const counterParameters = (first: number): string =>
  columns.map((_, at) => `$${first + at}::bigint[]`).join(', ');

/** One array for each counter, in the order of the columns. */
export const counterArrays = (rows: readonly Counts[]): number[][] =>
  counters.map((counter) => rows.map((row) => row[counter]));
