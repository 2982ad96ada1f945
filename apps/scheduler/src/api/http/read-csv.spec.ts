import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { test } from 'node:test';
import type { FileRow } from '../../domain/contact-row.ts';
import { readCsv } from './read-csv.ts';

const collect = async (rows: AsyncIterable<FileRow>): Promise<FileRow[]> => {
  const collected: FileRow[] = [];
  for await (const row of rows) collected.push(row);
  return collected;
};

const rowsOf = async (file: string | Buffer, chunk = 7): Promise<FileRow[]> => {
  const bytes = Buffer.from(file);
  const pieces = Array.from({ length: Math.ceil(bytes.length / chunk) }, (_, index) =>
    bytes.subarray(index * chunk, (index + 1) * chunk),
  );
  return collect(readCsv(Readable.from(pieces)));
};

test('a byte order mark, quoted values, empty lines and mixed line ends are read, and rows carry their line', async () => {
  assert.deepEqual(await rowsOf('\u{feff}email,a\r\nx@y,1\r\n\r\n"z@y","two\nlines, ""quoted"""\nw@y,é'), [
    { row: 1, values: ['email', 'a'] },
    { row: 2, values: ['x@y', '1'] },
    { row: 5, values: ['z@y', 'two\nlines, "quoted"'] },
    { row: 6, values: ['w@y', 'é'] },
  ]);
});

test('a row with a stray quote is a fault in its place, and the rows behind it are read', async () => {
  assert.deepEqual(await rowsOf('email,a\nx@y,"bro"ken"\nz@y,2\nw@y,b"ad\nv@y,3\n'), [
    { row: 1, values: ['email', 'a'] },
    { row: 2, fault: 'a quote inside a quoted value must be doubled' },
    { row: 3, values: ['z@y', '2'] },
    { row: 4, fault: 'a value with a quote in it must be quoted, and the quote doubled' },
    { row: 5, values: ['v@y', '3'] },
  ]);
});

test('a quote that is never closed is a fault at the end of the file', async () => {
  assert.deepEqual(await rowsOf('email\n"x@y\nz@y\n'), [
    { row: 1, values: ['email'] },
    { row: 3, fault: 'a quoted value is not closed before the end of the file' },
  ]);
});

test('a row without an end stops the reading with one fault and bounded memory', async () => {
  const rows = await rowsOf(`email\n"${'x'.repeat(3_000_000)}\nz@y\n`, 65_536);
  assert.deepEqual(rows, [
    { row: 1, values: ['email'] },
    { row: 2, fault: 'the row is longer than 1 MiB: is a quote not closed? Nothing after it was read' },
  ]);
});

test('rows of other widths come as they are', async () => {
  assert.deepEqual(await rowsOf('a,b\n1\n1,2,3\n'), [
    { row: 1, values: ['a', 'b'] },
    { row: 2, values: ['1'] },
    { row: 3, values: ['1', '2', '3'] },
  ]);
});

test('a source that breaks off breaks the reading', async () => {
  const source = Readable.from(
    (async function* () {
      yield Buffer.from('email\nx@y\n');
      throw new Error('the connection was lost');
    })(),
  );
  await assert.rejects(collect(readCsv(source)), /the connection was lost/);
});
