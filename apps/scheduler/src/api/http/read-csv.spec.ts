import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { test } from 'node:test';
import fc from 'fast-check';
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
    { row: 4, values: ['z@y', 'two\nlines, "quoted"'] },
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

const open = 'a quote is opened here and not closed within 10 lines and 10,000 characters';

test('a quote that is never closed costs its own row and no other', async () => {
  const good = Array.from({ length: 1000 }, (_, index) => `x${index + 1}@y,Ann`);
  for (const end of ['\n', '\r\n', '\r']) {
    const rows = await rowsOf(['email,name', 'x0@y,"Bob', ...good, ''].join(end), 64);
    assert.deepEqual(rows[1], { row: 2, fault: open });
    assert.deepEqual(
      rows.slice(2),
      good.map((line, index) => ({ row: index + 3, values: line.split(',') })),
    );
  }
});

test('a quote that closes too early costs its own row, and the row of a later fault is its line', async () => {
  assert.deepEqual(await rowsOf('email,a\n"x0"@y,Bob\nx1@y,"two\nlines",b"ad\nx2@y,"Bob\nx3@y,"Ann"\nx4@y,Ann\n'), [
    { row: 1, values: ['email', 'a'] },
    { row: 2, fault: 'a quote inside a quoted value must be doubled' },
    { row: 4, fault: 'a value with a quote in it must be quoted, and the quote doubled' },
    { row: 5, fault: 'a quote inside a quoted value must be doubled' },
    { row: 6, values: ['x3@y', 'Ann'] },
    { row: 7, values: ['x4@y', 'Ann'] },
  ]);
});

test('a quote that is open at the end of the file is a fault, and the rows below it are read', async () => {
  assert.deepEqual(await rowsOf('email\n"x@y\nz@y\n'), [
    { row: 1, values: ['email'] },
    { row: 2, fault: 'a quote is opened here and not closed before the end of the file' },
    { row: 3, values: ['z@y'] },
  ]);
});

const linesOf = (count: number): string => Array.from({ length: count }, (_, index) => `line ${index}`).join('\n');

test('a quoted value may have ten lines and not eleven, and be long when it stands in one line', async () => {
  assert.deepEqual(await rowsOf(`a\n"${linesOf(10)}"\nb`), [
    { row: 1, values: ['a'] },
    { row: 2, values: [linesOf(10)] },
    { row: 12, values: ['b'] },
  ]);
  assert.deepEqual((await rowsOf(`a\n"${linesOf(11)}"\nb`))[1], { row: 2, fault: open });
  assert.deepEqual((await rowsOf(`a\n"${'x'.repeat(9_000)}\n${'x'.repeat(2_000)}"\n`, 5000))[1], {
    row: 2,
    fault: open,
  });
  assert.deepEqual((await rowsOf(`"${'x'.repeat(20_000)}"`, 5000))[0], { row: 1, values: ['x'.repeat(20_000)] });
});

test('a line of more than 1 MiB is one fault in bounded memory, and the rows below it are read', async () => {
  for (const quote of ['"', ''])
    assert.deepEqual(await rowsOf(`email\n${quote}${'x'.repeat(3_000_000)}\nz@y\n`, 65_536), [
      { row: 1, values: ['email'] },
      { row: 2, fault: 'the row is longer than 1 MiB: has the file lost its line ends (curl: --data-binary)?' },
      { row: 3, values: ['z@y'] },
    ]);
  const huge = `"${'x'.repeat(9_000)}\n",`.repeat(200);
  const rows = await rowsOf(`a\n${huge}\nz@y\n`, 65_536);
  assert.deepEqual(rows[1], {
    row: 2,
    fault: 'the row is longer than 1 MiB: has the file lost its line ends (curl: --data-binary)?',
  });
  assert.deepEqual(rows.at(-1), { row: 203, values: ['z@y'] });
});

const written = (rows: string[][]): string =>
  rows.map((values) => values.map((one) => `"${one.replaceAll('"', '""')}"`).join(',')).join('\r\n');

test('whatever is written as RFC 4180 says is read as it was', async () => {
  const value = fc.string({ unit: fc.constantFrom('a', ',', '"', '\n', '\r', 'é', ' '), maxLength: 8 });
  const record = fc.array(value, { minLength: 2, maxLength: 4 });
  await fc.assert(
    fc.asyncProperty(fc.array(record, { maxLength: 5 }), fc.integer({ min: 1, max: 9 }), async (rows, chunk) => {
      const read = await rowsOf(written(rows), chunk);
      assert.deepEqual(
        read.map((row) => ('values' in row ? row.values : row)),
        rows,
      );
    }),
  );
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

test('a record of empty values that goes over many lines is refused: they take memory too', async () => {
  const commas = ','.repeat(200_000);
  const file = `${commas}"\n${`"${commas}"\n`.repeat(50)}`;
  const rows = await rowsOf(file, 65_536);
  assert.ok(rows.length > 5, `${rows.length} rows`);
  assert.ok(rows.some((row) => 'fault' in row && row.fault.includes('1 MiB')));
});
