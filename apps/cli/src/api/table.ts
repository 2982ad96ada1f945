/** Rows under a head, as a table for terminals. */
import Table from 'cli-table3';
import { plain } from '../domain/words.ts';

export type Column<Row> = { head: string; of: (row: Row) => string; isNumber?: boolean };

const lines = {
  top: '',
  'top-mid': '',
  'top-left': '',
  'top-right': '',
  bottom: '',
  'bottom-mid': '',
  'bottom-left': '',
  'bottom-right': '',
  left: '',
  'left-mid': '',
  mid: '',
  'mid-mid': '',
  right: '',
  'right-mid': '',
  middle: '  ',
};

/** `nothing` is said when there is no row. */
export const tableOf = <Row>(rows: readonly Row[], columns: readonly Column<Row>[], nothing: string): string => {
  if (rows.length === 0) return nothing;
  const table = new Table({
    head: columns.map(({ head }) => head),
    colAligns: columns.map(({ isNumber }) => (isNumber === true ? 'right' : 'left')),
    chars: lines,
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0 },
  });
  for (const row of rows) table.push(columns.map(({ of }) => plain(of(row))));
  return table.toString();
};
