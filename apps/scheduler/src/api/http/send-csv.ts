/** Sends a table as CSV, page by page and no faster than it is taken. */
import type { ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { csvLine, type Cell } from './csv-text.ts';

export type Table<Row> = {
  /** Of the file, as the client is to save it. */
  name: string;
  columns: readonly string[];
  /** The rows beyond `after`, undefined at the beginning: a whole page, or fewer at the end. */
  page(after: Row | undefined): Promise<readonly Row[]>;
  cells(row: Row): readonly Cell[];
};

/** Rows that are read at once. */
export const pageSize = 1000;

/** A client that goes away ends it between two pages. */
async function* textOf<Row>({ columns, page, cells }: Table<Row>, first: readonly Row[]): AsyncGenerator<string> {
  yield csvLine(columns);
  for (let rows = first; ; rows = await page(rows.at(-1))) {
    if (rows.length > 0) yield rows.map((row) => csvLine(cells(row))).join('');
    if (rows.length < pageSize) return;
  }
}

/**
 * A fault before the first row is thrown with nothing sent. One later cuts the connection in the middle of the chunked answer, which every
 * client of HTTP tells from an end.
 */
export const sendCsv = async <Row>(res: ServerResponse, table: Table<Row>): Promise<void> => {
  const first = await table.page(undefined);
  res.writeHead(200, {
    'content-type': 'text/csv; charset=utf-8; header=present',
    'content-disposition': `attachment; filename="${table.name}"`,
    'cache-control': 'no-store',
  });
  await pipeline(Readable.from(textOf(table, first), { highWaterMark: 1 }), res);
};
