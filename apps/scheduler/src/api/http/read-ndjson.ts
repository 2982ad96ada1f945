/** Turns the bytes of an upload into rows, one JSON object a line, no faster than they are taken. */
import type { Readable } from 'node:stream';
import type { FileRow } from '../../domain/contact-row.ts';
import { openLines } from './text-lines.ts';

const faults = {
  tooLong: 'the line is longer than 1 MiB: has the file lost its line ends (curl: --data-binary)?',
  notAnObject: 'the line is not one JSON object',
};

const rowOf = (row: number, text: string): FileRow => {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value))
      return { row, entries: Object.entries(value) };
  } catch {
    // Said below: the words of the parser quote the line.
  }
  return { row, fault: faults.notAnObject };
};

/** UTF-8 with or without a byte order mark; empty lines are passed over. The source is left as it is when the reader stops early. */
export async function* readNdjson(source: Readable): AsyncGenerator<FileRow> {
  const lines = openLines(source);
  try {
    for (let row = 1; await lines.has(row); row += 1) {
      const { text, isTooLong } = lines.at(row);
      lines.drop(row);
      if (isTooLong) yield { row, fault: faults.tooLong };
      else if (text.trim() !== '') yield rowOf(row, text);
    }
  } finally {
    await lines.close();
  }
}
