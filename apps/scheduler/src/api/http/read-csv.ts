/** Turns the bytes of an upload into rows, one at a time, no faster than they are taken. */
import type { Readable } from 'node:stream';
import type { FileRow } from '../../domain/contact-row.ts';
import { openLines } from './text-lines.ts';
import { readRecord } from './csv-record.ts';

/**
 * Rows of a CSV file (RFC 4180; UTF-8 with or without a byte order mark; CRLF, LF or CR). Empty lines are passed over.
 * `row` is the line of the file where the row begins. A row that is not valid CSV comes as a fault with the line of its quote, and
 * reading goes on at the line below that. The source is left as it is when the reader stops early.
 */
export async function* readCsv(source: Readable): AsyncGenerator<FileRow> {
  const lines = openLines(source);
  try {
    for (let row = 1, next = 1; await lines.has(row); row = next) {
      const line = lines.at(row);
      next = row + 1;
      if (line.text !== '' || line.isTooLong) {
        const record = await readRecord(lines, row);
        next = record.next;
        yield 'fault' in record ? { row: record.row, fault: record.fault } : { row, values: record.values };
      }
      for (let read = row; read < next; read++) lines.drop(read);
    }
  } finally {
    await lines.close();
  }
}
