import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { test } from 'node:test';
import fc from 'fast-check';
import type { FileRow } from '../../domain/contact-row.ts';
import { readNdjson } from './read-ndjson.ts';

const rowsOf = async (file: string | Buffer, chunk = 7): Promise<FileRow[]> => {
  const bytes = Buffer.from(file);
  const pieces = Array.from({ length: Math.ceil(bytes.length / chunk) }, (_, index) =>
    bytes.subarray(index * chunk, (index + 1) * chunk),
  );
  const rows: FileRow[] = [];
  for await (const row of readNdjson(Readable.from(pieces))) rows.push(row);
  return rows;
};

test('a byte order mark, empty lines, spaces and mixed line ends are read, and rows carry their line', async () => {
  assert.deepEqual(await rowsOf('\u{feff}{"email":"a@b"}\r\n\r\n \t\n {"email":"c@d","n":"é"} \n{}'), [
    { row: 1, entries: [['email', 'a@b']] },
    {
      row: 4,
      entries: [
        ['email', 'c@d'],
        ['n', 'é'],
      ],
    },
    { row: 5, entries: [] },
  ]);
});

test('a line that is no object costs itself alone, and its words are not repeated', async () => {
  const bad = ['{"email":', '[1]', 'null', '7', '"text"', '{} {}', 'canary'];
  const rows = await rowsOf([...bad, '{"email":"a@b"}'].join('\n'));
  assert.deepEqual(
    rows.slice(0, -1),
    bad.map((_, index) => ({ row: index + 1, fault: 'the line is not one JSON object' })),
  );
  assert.deepEqual(rows.at(-1), { row: bad.length + 1, entries: [['email', 'a@b']] });
});

test('a line of many megabytes is not kept, and the next one is read', async () => {
  const file = `{"email":"${'x'.repeat(5_000_000)}"}\n{"email":"a@b"}`;
  assert.deepEqual(await rowsOf(file, 65_536), [
    { row: 1, fault: 'the line is longer than 1 MiB: has the file lost its line ends (curl: --data-binary)?' },
    { row: 2, entries: [['email', 'a@b']] },
  ]);
});

test('what JSON can nest does not bring the reader down', async () => {
  const [row] = await rowsOf(`{"email":${'['.repeat(500_000)}`, 65_536);
  assert.deepEqual(row, { row: 1, fault: 'the line is not one JSON object' });
});

test('bytes that are not UTF-8 arrive as the replacement character, for the rule of values to refuse', async () => {
  const bytes = Buffer.concat([Buffer.from('{"email":"a@b","n":"'), Buffer.from([0xe9]), Buffer.from('"}')]);
  assert.deepEqual(await rowsOf(bytes), [
    {
      row: 1,
      entries: [
        ['email', 'a@b'],
        ['n', '\u{fffd}'],
      ],
    },
  ]);
});

test('whatever objects are written, the same come out, however the bytes are cut', async () => {
  const objects = fc.array(fc.dictionary(fc.string(), fc.string({ unit: 'grapheme' })), { maxLength: 5 });
  await fc.assert(
    fc.asyncProperty(objects, fc.integer({ min: 1, max: 9 }), async (written, chunk) => {
      const rows = await rowsOf(written.map((object) => JSON.stringify(object)).join('\n'), chunk);
      assert.deepEqual(
        rows.map((row) => ('entries' in row ? row.entries : row)),
        written.map((object) => Object.entries(JSON.parse(JSON.stringify(object)) as object)),
      );
    }),
  );
});
