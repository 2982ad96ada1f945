import assert from 'node:assert/strict';
import { test } from 'node:test';
import { uploadLimits, type ContactFile, type FileRow } from './contact-row.ts';
import { importsInMemory } from './import-store.fixture.ts';
import { createImportContacts } from './import-contacts.ts';
import { rules } from './testing.ts';

type Line = readonly string[];
type Imports = ReturnType<typeof importsInMemory>;

async function* rowsOf(rows: readonly Line[], breaksAt = Infinity): AsyncGenerator<FileRow> {
  for (const [index, values] of rows.entries()) {
    if (index === breaksAt) throw new Error('aborted');
    yield { row: index + 1, values };
  }
}

const csvOf = (rows: readonly Line[], breaksAt?: number): ContactFile => ({
  format: 'CSV',
  rows: rowsOf(rows, breaksAt),
});

const order = { audienceId: 'audience', actor: 'key', idempotencyKey: null };

const importInto = ({ store }: Imports, now = () => 0) =>
  createImportContacts({ parseAddress: rules.parseAddress, imports: store, now });

const run = async (file: readonly Line[] | ContactFile, imports = importsInMemory(), key: string | null = null) => {
  const given = Array.isArray(file) ? csvOf(file as readonly Line[]) : (file as ContactFile);
  const result = await importInto(imports)({ ...order, idempotencyKey: key }, given);
  return {
    known: new Map([...imports.contacts].map(([email, { fields }]) => [email, fields])),
    imports,
    result,
    report: result.ok ? { ...result.value.record, errors: result.value.errors } : undefined,
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
  const { errors, rows, imported, updated, unchanged, duplicates, rejected } = report!;
  assert.deepEqual([imported, updated, unchanged, duplicates, rejected], [2001, 0, 0, 2, 0]);
  assert.equal(rows, imported + updated + unchanged + duplicates + rejected);
  assert.deepEqual(errors, []);
});

test('a repeated upload changes nothing', async () => {
  const rows = [
    ['email', 'n'],
    ['a@b.c', '1'],
    ['b@b.c', '2'],
  ];
  const { imports } = await run(rows);
  const { report } = await run(rows, imports);
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
    'with an address in it',
    [['email', 'first_namea@example.org', 'Ada']],
    /cannot be a merge field: is the line .* missing, or has the file lost its line ends \(curl: --data-binary\)\?$/,
  ],
  [
    'with another name for the addresses',
    [['Name', 'E-Mail']],
    /^the column of addresses is called "email", not "E-Mail"$/,
  ],
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
  const result = await importInto(importsInMemory())({ ...order, audienceId: 'other' }, csvOf([['email']]));
  assert.equal(!result.ok && result.errors[0]!.code, 'NOT_FOUND');
});

const many = (count: number): Line[] => [['email'], ...Array.from({ length: count }, (_, n) => [`m${n % 4500}@b.c`])];

test('an import that broke off goes on with the same key and file where it ended, and counts every row once', async () => {
  const imports = importsInMemory();
  await assert.rejects(run(csvOf(many(5000), 4200), imports, 'k'), /aborted/);
  assert.deepEqual([imports.record().state, imports.record().rows, imports.record().imported], ['FAILED', 4000, 4000]);
  const { report } = await run(many(5000), imports, 'k');
  assert.deepEqual([report?.state, report?.rows, report?.imported, report?.duplicates], ['DONE', 5000, 4500, 500]);
});

test('the same file with the key of an import that is DONE answers its report and stores nothing', async () => {
  const { imports, report } = await run(many(3000), importsInMemory(), 'k');
  imports.contacts.get('m7@b.c')!.fields = '{"changed":"meanwhile"}';
  const again = await run(many(3000), imports, 'k');
  assert.deepEqual(again.report, report);
  assert.equal(again.known.get('m7@b.c'), '{"changed":"meanwhile"}');
});

for (const [what, other] of [
  ['with another row', [...many(2999), ['other@b.c']]],
  ['that is longer', many(3001)],
  ['that is shorter', many(2500)],
] as const)
  test(`a file ${what} than that of its key is a conflict`, async () => {
    const { imports } = await run(many(3000), importsInMemory(), 'k');
    const { result, fault } = await run(other, imports, 'k');
    assert.deepEqual([result.ok, /another file/.test(fault)], [false, true]);
    assert.deepEqual([imports.record().state, imports.record().rows], ['DONE', 3000]);
  });

test('rows that come slowly are settled before a chunk is full', async () => {
  const imports = importsInMemory();
  let now = 0;
  async function* slowly(): AsyncGenerator<FileRow> {
    for await (const row of rowsOf([['email'], ['a@b.c'], ['b@b.c'], ['c@b.c']])) {
      yield row;
      now += uploadLimits.pauseMs - 1;
    }
    throw new Error('aborted');
  }
  const importing = importInto(imports, () => now)(order, { format: 'CSV', rows: slowly() });
  await assert.rejects(importing, /aborted/);
  assert.equal(imports.record().rows, 2);
});

const linesOf = (...lines: object[]): ContactFile => ({
  format: 'NDJSON',
  rows: (async function* () {
    for (const [index, line] of lines.entries()) yield { row: index + 1, entries: Object.entries(line) };
  })(),
});

test('of a JSON line email is the address, every other property a merge field as text', async () => {
  const { known } = await run(linesOf({ EMAIL: ' a@b.c ', n: 1.5, vip: true, none: null, empty: '', city: 'Oslo' }));
  assert.deepEqual([...known], [['a@b.c', '{"n":"1.5","vip":"true","city":"Oslo"}']]);
});

test('a JSON line without a usable address or field is reported with the property', async () => {
  const wide = Object.fromEntries(Array.from({ length: 101 }, (_, n) => [`f${n}`, 'x']));
  const { report, known } = await run(
    linesOf(
      { name: 'Ann' },
      { email: 7 },
      { email: 'a@b.c', list: [1] },
      { email: 'a@b.c', 'first name': 'x' },
      { email: 'a@b.c', Email: 'b@b.c' },
      { email: 'a@b.c', half: '\ud800' },
      { email: 'a@b.c', nul: '\0' },
      wide,
      { email: 'good@b.c', ['__proto__']: 'x' },
    ),
  );
  assert.deepEqual(
    report?.errors.map(({ row, column }) => [row, column]),
    [
      [1, 'email'],
      [2, 'email'],
      [3, 'list'],
      [4, null],
      [5, null],
      [6, 'half'],
      [7, 'nul'],
      [8, null],
    ],
  );
  assert.deepEqual([...known.keys()], ['good@b.c']);
});
