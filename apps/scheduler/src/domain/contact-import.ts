/** An upload of contacts as it is written down: how far it has come, and what the use case needs of its store. */
import type { RowError } from './contact-row.ts';
import type { Result } from './refusal.ts';

/** Rows by what became of them; together they are all rows so far. */
export type ImportCounts = {
  readonly imported: number;
  readonly updated: number;
  readonly unchanged: number;
  /** Rows whose address came before in the same file. */
  readonly duplicates: number;
  readonly rejected: number;
};

export type ContactImport = ImportCounts & {
  readonly id: string;
  readonly audienceId: string;
  /** FAILED: it broke off. What is stored stays, and the same file with the same key goes on where it ended. */
  readonly state: 'RUNNING' | 'DONE' | 'FAILED';
  readonly idempotencyKey: string | null;
  /** Settled so far, without the header line. */
  readonly rows: number;
  /** Why it is FAILED. */
  readonly failureReason: string | null;
  readonly createdAt: Date;
  readonly finishedAt: Date | null;
};

/** One valid row. `fields` is a JSON object as text. */
export type ContactRow = { readonly email: string; readonly fields: string };

/** Whose hands an import is in: an attempt that was given up must not go on. */
export type ImportRun = { readonly number: number; readonly attempt: number };

export type BegunImport = {
  readonly run: ImportRun;
  readonly record: ContactImport;
  /** Of the file up to the last settled row, as the attempts before saw it. */
  readonly digest: string;
};

/** Rows to settle together. Addresses of `contacts` are distinct; `duplicates` are those that were left out for it. */
export type ImportChunk = {
  readonly contacts: readonly ContactRow[];
  readonly duplicates: number;
  readonly errors: readonly RowError[];
  /** Of the file, with this chunk. */
  readonly rows: number;
  readonly digest: string;
};

export type ImportOrder = {
  readonly id: string;
  readonly audienceId: string;
  /** Id of the API key that uploads. */
  readonly actor: string;
  /** The same key of the same actor for the same audience names the same import. */
  readonly idempotencyKey: string | null;
};

/** Says whether the contact with this id came before in the same upload, and remembers it. */
export type SeenContacts = (contactId: number) => boolean;

export type ImportStore = {
  /**
   * A new import, or the one of the key: a DONE one as it is; one that broke off begins its next attempt. Refused when it runs, and when
   * there is no such audience.
   */
  begin(order: ImportOrder): Promise<Result<BegunImport>>;
  /** Settles a chunk in one transaction: contacts by lower(email), counts, errors (100,000 are kept). Throws AppError CONFLICT when the run was given up. */
  take(run: ImportRun, chunk: ImportChunk, seen: SeenContacts): Promise<void>;
  /** Remembers contacts that an earlier attempt has settled. */
  pass(run: ImportRun, emails: readonly string[], seen: SeenContacts): Promise<void>;
  /** Throws AppError CONFLICT when the run was given up. */
  finish(run: ImportRun): Promise<ContactImport>;
  fail(run: ImportRun, failure: string): Promise<void>;
  find(id: string): Promise<ContactImport | undefined>;
  findMany(ids: readonly string[]): Promise<ContactImport[]>;
  /** Up to `first` + 1 imports of each of these audiences, the newest first, older than `after`; of one idempotency key when it is given. */
  page(
    audienceIds: readonly string[],
    page: { first: number; after: string | null; idempotencyKey: string | null },
  ): Promise<ReadonlyMap<string, ContactImport[]>>;
  /** How many imports each of these audiences has, of one idempotency key when it is given. */
  counts(audienceIds: readonly string[], idempotencyKey: string | null): Promise<ReadonlyMap<string, number>>;
  /** Errors by row, beyond the row `after`. */
  errors(id: string, page: { first: number; after: number }): Promise<RowError[]>;
};
