/** The recount as text for people. */
import { counters } from './counts.ts';
import type { Difference, RecountReport } from './check-recount.ts';

const maxLines = 50;

const row = (cells: readonly (string | number)[]): string =>
  cells.map((cell, at) => (at === 0 ? String(cell).padEnd(16) : String(cell).padStart(16))).join('');

const differenceLine = ({ key, counter, kept, recounted }: Difference): string =>
  `${key} ${counter}: kept ${kept}, recounted ${recounted}`;

const scopeOf = ({ comparedSince }: RecountReport): string =>
  comparedSince === undefined
    ? 'The event log reaches back to the first event: all minutes and all campaigns were compared.'
    : `The event log no longer reaches back to the first event. Only minutes from ${new Date(comparedSince).toISOString()} on were compared, and no campaigns.`;

const verdictOf = ({ differences }: RecountReport): string =>
  differences.length === 0 ? 'The numbers are equal.' : `The numbers DIFFER in ${differences.length} places.`;

/** Ends without a line break. */
export const recountText = (report: RecountReport): string => {
  const shown = report.differences.slice(0, maxLines).map(differenceLine);
  const more = report.differences.length - shown.length;
  return [
    `${report.events} delivery events of ${report.lanes} lanes were counted again.`,
    scopeOf(report),
    '',
    row(['', 'kept', 'recounted']),
    ...counters.map((counter) => row([counter, report.kept[counter], report.recounted[counter]])),
    '',
    ...shown,
    ...(more > 0 ? [`… and ${more} more`] : []),
    verdictOf(report),
  ].join('\n');
};
