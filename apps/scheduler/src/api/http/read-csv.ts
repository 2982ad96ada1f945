/** Turns the bytes of an upload into rows, one at a time, no faster than they are taken. */
import type { Readable } from 'node:stream';
import { parse, type CsvError, type Parser } from 'csv-parse';
import type { FileRow } from '../../domain/contact-row.ts';

/** Guards the memory of the process; rows are limited more tightly by the domain. */
const maxRecord = 1_048_576;
const tooLong = 'CSV_MAX_RECORD_SIZE';

const faults: Partial<Record<string, string>> = {
  CSV_INVALID_CLOSING_QUOTE: 'a quote inside a quoted value must be doubled',
  INVALID_OPENING_QUOTE: 'a value with a quote in it must be quoted, and the quote doubled',
  CSV_QUOTE_NOT_CLOSED: 'a quoted value is not closed before the end of the file',
  [tooLong]: 'the row is longer than 1 MiB: is a quote not closed? Nothing after it was read',
};

type Skipped = { readonly row: number; readonly code: string };
type Parsed = { readonly record: string[]; readonly info: { readonly lines: number } };

const skippedOf = (error: CsvError): Skipped => {
  const { lines } = error as unknown as { lines?: number };
  return { row: lines ?? 0, code: error.code };
};

const faultRow = ({ row, code }: Skipped): FileRow => ({ row, fault: faults[code] ?? 'the row is not valid CSV' });

const createParser = (onSkip: (skipped: Skipped) => void): Parser =>
  parse({
    bom: true,
    info: true,
    record_delimiter: ['\r\n', '\n', '\r'],
    relax_column_count: true,
    skip_empty_lines: true,
    skip_records_with_error: true,
    max_record_size: maxRecord,
    on_skip: (error) => {
      if (error !== undefined) onSkip(skippedOf(error));
      return undefined;
    },
  });

/** The parser runs ahead of its reader: takes out the faults that lie before line `row` of the file. */
const takeBefore = (skipped: Skipped[], row: number): Skipped[] => {
  const count = skipped.findIndex((one) => one.row >= row);
  return skipped.splice(0, count === -1 ? skipped.length : count);
};

/**
 * Rows of a CSV file (RFC 4180; UTF-8 with or without a byte order mark; CRLF, LF or CR). Empty lines are passed over.
 * `row` is the line of the file where the row ends. A row that is not valid CSV comes as a fault, and reading goes on behind it,
 * except behind one without an end. The source is left as it is when the reader stops early.
 */
export async function* readCsv(source: Readable): AsyncGenerator<FileRow> {
  const skipped: Skipped[] = [];
  let end = Number.POSITIVE_INFINITY;
  const parser = createParser((one) => {
    if (end !== Number.POSITIVE_INFINITY) return;
    if (one.code === tooLong) end = one.row;
    skipped.push(one);
  });
  const fail = (error: Error): void => void parser.destroy(error);
  source.once('error', fail).pipe(parser);
  try {
    for await (const { record, info } of parser as AsyncIterable<Parsed>) {
      yield* takeBefore(skipped, info.lines).map(faultRow);
      if (info.lines < end) yield { row: info.lines, values: record };
    }
    yield* skipped.map(faultRow);
  } finally {
    source.off('error', fail).unpipe(parser);
  }
}
