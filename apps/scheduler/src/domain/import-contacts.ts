/** Takes the rows of an upload into an audience, chunk by chunk; the last row of an address wins, and bad rows are reported. */
import { createHash, type Hash } from 'node:crypto';
import { newId } from '@sendpool/kernel';
import type { ParseAddress } from './campaign.ts';
import type {
  BegunImport,
  ContactImport,
  ContactRow,
  ImportOrder,
  ImportStore,
  SeenContacts,
} from './contact-import.ts';
import { uploadLimits, type ContactFile, type FileRow, type RowError } from './contact-row.ts';
import { createReader, type Read, type Reader } from './read-contacts.ts';
import { badInput, conflict, done, refuse, type Result } from './refusal.ts';
import { createSeenContacts } from './seen-contacts.ts';

/** The import as it stands at its end. `errors` lists the first 1,000 rejected rows. */
export type ImportReport = { readonly record: ContactImport; readonly errors: readonly RowError[] };

export type ImportContactsDeps = {
  imports: Pick<ImportStore, 'begin' | 'take' | 'pass' | 'finish' | 'fail' | 'errors'>;
  parseAddress: ParseAddress;
  now(): number;
};

/** A row of the file that is read and not settled. */
type Chunk = {
  contacts: Map<string, ContactRow>;
  duplicates: number;
  errors: RowError[];
  rows: number;
  bytes: number;
  since: number;
};

type Import = {
  readonly deps: ImportContactsDeps;
  readonly begun: BegunImport;
  readonly seen: SeenContacts;
  readonly read: Reader;
  /** Of all rows so far, so that an attempt after another one sees whether it has the same file. */
  readonly hash: Hash;
  rows: number;
  chunk: Chunk;
};

const emptyChunk = (now: number): Chunk => ({
  contacts: new Map(),
  duplicates: 0,
  errors: [],
  rows: 0,
  bytes: 0,
  since: now,
});

const otherFile: Result<never> = refuse(
  conflict('this key was used for another file: send that one again, or choose another key', ['Idempotency-Key']),
);

/** Where a row stands does not matter: an empty line more is no other file. */
const contentOf = (row: FileRow): unknown => {
  if ('values' in row) return row.values;
  return 'entries' in row ? row.entries : row.fault;
};

const hashRow = (hash: Hash, row: FileRow): void => void hash.update(JSON.stringify(contentOf(row))).update('\n');

const addRow = ({ chunk }: Import, row: number, read: Exclude<Read, { kind: 'HEADER' | 'BAD_FILE' }>): void => {
  chunk.rows += 1;
  if (read.kind === 'BAD_ROW') return void chunk.errors.push({ row, column: read.column, message: read.message });
  chunk.bytes += Buffer.byteLength(read.email) + Buffer.byteLength(read.fields);
  const key = read.email.toLowerCase();
  if (chunk.contacts.has(key)) chunk.duplicates += 1;
  chunk.contacts.set(key, { email: read.email, fields: read.fields });
};

/** What an earlier attempt has settled is passed over, once it is sure that this is the same file. */
const passChunk = async (run: Import, digest: string): Promise<boolean> => {
  const { begun, chunk, deps, seen } = run;
  await deps.imports.pass(
    begun.run,
    [...chunk.contacts.values()].map(({ email }) => email),
    seen,
  );
  return run.rows < begun.record.rows || digest === begun.digest;
};

/** False: this is not the file that the key stands for. */
const settle = async (run: Import): Promise<boolean> => {
  const { begun, chunk, deps } = run;
  run.rows += chunk.rows;
  const digest = run.hash.copy().digest('base64');
  const isKnown = run.rows <= begun.record.rows;
  if (!isKnown && begun.record.state === 'DONE') return false;
  if (isKnown && !(await passChunk(run, digest))) return false;
  if (!isKnown) {
    const { contacts, duplicates, errors } = chunk;
    await deps.imports.take(
      begun.run,
      { contacts: [...contacts.values()], duplicates, errors, rows: run.rows, digest },
      run.seen,
    );
  }
  run.chunk = emptyChunk(deps.now());
  return true;
};

/** The last settled row of an earlier attempt ends a chunk too. */
const isFull = ({ chunk, rows, begun, deps }: Import): boolean =>
  chunk.rows >= uploadLimits.chunk ||
  chunk.bytes >= uploadLimits.chunkBytes ||
  rows + chunk.rows === begun.record.rows ||
  (chunk.rows > 0 && deps.now() - chunk.since > uploadLimits.pauseMs);

const readFile = async (run: Import, file: ContactFile): Promise<Result<undefined>> => {
  let isEmpty = true;
  for await (const row of file.rows) {
    isEmpty = false;
    const read = run.read(row);
    if (read.kind === 'BAD_FILE') return refuse(badInput(read.message));
    hashRow(run.hash, row);
    if (read.kind === 'HEADER') continue;
    addRow(run, row.row, read);
    if (isFull(run) && !(await settle(run))) return otherFile;
  }
  if (isEmpty) return refuse(badInput('the file is empty'));
  if (run.chunk.rows > 0 && !(await settle(run))) return otherFile;
  return run.rows < run.begun.record.rows ? otherFile : done(undefined);
};

const reportOf = async (deps: ImportContactsDeps, record: ContactImport): Promise<Result<ImportReport>> =>
  done({ record, errors: await deps.imports.errors(record.id, { first: uploadLimits.errors, after: 0 }) });

/** When the store is away as well, the import is found to be abandoned later. */
const fail = ({ deps, begun }: Import, failure: string): Promise<void> =>
  begun.record.state === 'DONE' ? Promise.resolve() : deps.imports.fail(begun.run, failure).catch(() => undefined);

const startImport = (deps: ImportContactsDeps, begun: BegunImport, file: ContactFile): Import => ({
  deps,
  begun,
  seen: createSeenContacts(),
  read: createReader(file.format, deps.parseAddress),
  hash: createHash('sha256').update(`${file.format}\n`),
  rows: 0,
  chunk: emptyChunk(deps.now()),
});

/** Chunks that are settled stay when the upload breaks off; the same file can be sent again without doubles. */
export const createImportContacts =
  (deps: ImportContactsDeps) =>
  async (order: Omit<ImportOrder, 'id'>, file: ContactFile): Promise<Result<ImportReport>> => {
    const begun = await deps.imports.begin({ ...order, id: newId(deps.now()) });
    if (!begun.ok) return begun;
    const run = startImport(deps, begun.value, file);
    try {
      const result = await readFile(run, file);
      if (!result.ok) {
        await fail(run, result.errors[0]!.message);
        return result;
      }
      const { record } = begun.value;
      return await reportOf(deps, record.state === 'DONE' ? record : await deps.imports.finish(begun.value.run));
    } catch (error) {
      await fail(run, 'the upload broke off');
      throw error;
    }
  };
