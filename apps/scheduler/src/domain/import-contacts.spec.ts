import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ContactRow } from './audience.ts';
import { uploadLimits, type FileRow } from './contact-row.ts';
import { createImportContacts } from './import-contacts.ts';
import { anAudience, rules } from './testing.ts';

async function* fileOf(rows: readonly (readonly string[])[]): AsyncGenerator<FileRow> {
  for (const [index, values] of rows.entries()) yield { row: index + 1, values };
}

const importInto = (known: Map<string, string>) =>
  createImportContacts({
    parseAddress: rules.parseAddress,
    audiences: {
      find: async (id) => (id === 'audience' ? anAudience() : undefined),
      upsertContacts: async (_id, rows: readonly ContactRow[]) => {
        const counts = { imported: 0, updated: 0, unchanged: 0 };
        for (const { email, fields, repeated } of rows) {
          const before = known.get(email.toLowerCase());
          known.set(email.toLowerCase(), fields);
          if (repeated) continue;
          if (before === undefined) counts.imported += 1;
          else counts[before === fields ? 'unchanged' : 'updated'] += 1;
        }
        return counts;
      },
    },
  });

const run = async (rows: readonly (readonly string[])[], known = new Map<string, string>()) => {
  const result = await importInto(known)('audience', fileOf(rows));
  return {
    known,
    result,
    report: result.ok ? result.value : undefined,
    fault: result.ok ? '' : result.errors[0]!.message,
  };
};

test('the column email is the address, every other one a merge field; empty values are left out', async () => {
  const { known, report } = await run([
    ['First', 'Email', 'city'],
    ['Ann', 'a@b.c', ''],
    ['Bo', 'B@b.c', 'Oslo'],
  ]);
  assert.deepEqual(
    [...known],
    [
      ['a@b.c', '{"First":"Ann"}'],
      ['b@b.c', '{"First":"Bo","city":"Oslo"}'],
    ],
  );
  assert.equal(report?.imported, 2);
});

test('of two rows with one address the last wins, and the numbers add up to the rows', async () => {
  const far = Array.from({ length: uploadLimits.chunk }, (_, index) => [`x${index}@b.c`, '0']);
  const { known, report } = await run([['email', 'n'], ['a@b.c', '1'], ['A@b.c', '2'], ...far, ['a@B.C', '3']]);
  assert.equal(known.get('a@b.c'), '{"n":"3"}');
  const { errors, ...counts } = report!;
  assert.deepEqual(counts, { imported: 2001, updated: 0, unchanged: 0, duplicates: 2, rejected: 0 });
  assert.deepEqual(errors, []);
});

test('a repeated upload changes nothing', async () => {
  const rows = [
    ['email', 'n'],
    ['a@b.c', '1'],
    ['b@b.c', '2'],
  ];
  const { known } = await run(rows);
  const { report } = await run(rows, known);
  assert.deepEqual([report?.imported, report?.updated, report?.unchanged], [0, 0, 2]);
});

test('bad rows are reported with row and column, and the good ones are taken', async () => {
  const { known, report } = await run([
    ['email', 'a'],
    ['not an address', '1'],
    ['x@y.z'],
    ['q@y.z', '\u{fffd}'],
    ['r@y.z', 'a\0b'],
    ['s@y.z', 'x'.repeat(uploadLimits.fields)],
    ['good@y.z', '1'],
  ]);
  assert.deepEqual([...known.keys()], ['good@y.z']);
  assert.deepEqual(
    report?.errors.map(({ row, column }) => [row, column]),
    [
      [2, 'email'],
      [3, null],
      [4, 'a'],
      [5, 'a'],
      [6, null],
    ],
  );
  assert.equal(report?.rejected, 5);
});

test('only the first thousand errors are listed, all are counted', async () => {
  const { report } = await run([['email'], ...Array.from({ length: 1200 }, () => ['bad'])]);
  assert.deepEqual([report?.rejected, report?.errors.length], [1200, 1000]);
});

const badHeaders: [string, string[][], RegExp][] = [
  ['without a column email', [['name']], /"email"/],
  ['with a column twice', [['email', 'a', 'a']], /twice/],
  ['with a name that is no merge field', [['email', 'first name']], /first_name/],
  [
    'with semicolons',
    [['email;first_name']],
    /separated by semicolons: separate them by commas, as in email,first_name/,
  ],
  ['with tabs', [['email\tfirst_name']], /separated by tabs: separate them by commas/],
  [
    'of bytes that are no text',
    [['PK\u{3}\u{4}\u{14}canary']],
    /^the first line is not text in UTF-8: is this a CSV file\?$/,
  ],
  ['of bytes that are not UTF-8', [['email', '\u{fffd}canary']], /^the first line is not text in UTF-8/],
  ['with more than 100 columns', [['email', ...Array.from({ length: 100 }, (_, index) => `c${index}`)]], /100 columns/],
  ['that is empty', [], /empty/],
];
for (const [what, rows, message] of badHeaders) {
  test(`a file ${what} is refused as a whole`, async () => {
    assert.match((await run(rows)).fault, message);
  });
}

test('an audience that is not there is NOT_FOUND', async () => {
  const result = await importInto(new Map())('other', fileOf([['email']]));
  assert.equal(!result.ok && result.errors[0]!.code, 'NOT_FOUND');
});
