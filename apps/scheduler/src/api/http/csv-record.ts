/** Reads one record of a CSV file (RFC 4180) over the lines that it spans, and says where reading goes on when it is not valid. */
import { maxLine, type Lines } from './text-lines.ts';

/** A quoted value that goes over line ends: what is longer is taken for a quote that somebody forgot. */
const maxQuoted = { lines: 10, characters: 10_000 };

const faults = {
  closing: 'a quote inside a quoted value must be doubled',
  opening: 'a value with a quote in it must be quoted, and the quote doubled',
  open: `a quote is opened here and not closed within ${maxQuoted.lines} lines and ${maxQuoted.characters.toLocaleString('en')} characters`,
  openAtEnd: 'a quote is opened here and not closed before the end of the file',
  tooLong: 'the row is longer than 1 MiB: has the file lost its line ends (curl: --data-binary)?',
};

/** `next` is the line where reading goes on: after a stray quote the one below it, so that it costs no other row. */
export type CsvRecord =
  | { readonly values: readonly string[]; readonly next: number }
  | { readonly row: number; readonly fault: string; readonly next: number };

type Cursor = { line: number; at: number };
type Value = { readonly value: string } | { readonly row: number; readonly fault: string };

const isOver = (line: number, { line: opened }: Cursor, value: string): boolean =>
  line > opened && (line - opened >= maxQuoted.lines || value.length > maxQuoted.characters);

/** From behind the opening quote to behind the closing one. */
const readQuoted = async (lines: Lines, cursor: Cursor): Promise<Value> => {
  const opened = { ...cursor };
  const row = opened.line;
  let value = '';
  for (;;) {
    const { text, end, isTooLong } = lines.at(cursor.line);
    const quote = text.indexOf('"', cursor.at);
    value += quote === -1 ? text.slice(cursor.at) + end : text.slice(cursor.at, quote);
    if (isTooLong || isOver(cursor.line, opened, value)) return { row, fault: faults.open };
    if (quote === -1) {
      cursor.line += 1;
      cursor.at = 0;
      if (!(await lines.has(cursor.line))) return { row, fault: faults.openAtEnd };
    } else if (text[quote + 1] === '"') {
      value += '"';
      cursor.at = quote + 2;
    } else {
      cursor.at = quote + 1;
      const isClosed = cursor.at === text.length || text[cursor.at] === ',';
      return isClosed ? { value } : { row, fault: faults.closing };
    }
  }
};

const readPlain = (lines: Lines, cursor: Cursor): Value => {
  const { text } = lines.at(cursor.line);
  const comma = text.indexOf(',', cursor.at);
  const value = text.slice(cursor.at, comma === -1 ? text.length : comma);
  cursor.at += value.length;
  return value.includes('"') ? { row: cursor.line, fault: faults.opening } : { value };
};

const readValue = (lines: Lines, cursor: Cursor): Promise<Value> | Value => {
  if (lines.at(cursor.line).text[cursor.at] !== '"') return readPlain(lines, cursor);
  cursor.at += 1;
  return readQuoted(lines, cursor);
};

/** The record that begins at line `begin`, which is there. */
export const readRecord = async (lines: Lines, begin: number): Promise<CsvRecord> => {
  const { text, isTooLong } = lines.at(begin);
  if (isTooLong) return { row: begin, fault: faults.tooLong, next: begin + 1 };
  if (!text.includes('"')) return { values: text.split(','), next: begin + 1 };
  const values: string[] = [];
  const cursor: Cursor = { line: begin, at: 0 };
  for (let size = 0; ; cursor.at += 1) {
    const read = await readValue(lines, cursor);
    if ('fault' in read) return { ...read, next: read.row + 1 };
    values.push(read.value);
    // With the comma or the line end behind it: empty values take memory too.
    size += read.value.length + 1;
    if (size > maxLine) return { row: begin, fault: faults.tooLong, next: cursor.line + 1 };
    if (cursor.at === lines.at(cursor.line).text.length) return { values, next: cursor.line + 1 };
  }
};
