/** An audience, its contacts, and what the use cases need of their store. */

export type Audience = {
  readonly id: string;
  readonly name: string;
  readonly contactCount: number;
  readonly createdAt: Date;
};

/** One valid row of an upload. `fields` is a JSON object as text; `repeated` when an earlier row of the same upload had this address. */
export type ContactRow = { readonly email: string; readonly fields: string; readonly repeated: boolean };

/** Rows of one chunk by what became of them; repeated rows are in none of the numbers. */
export type ImportCounts = { readonly imported: number; readonly updated: number; readonly unchanged: number };

/** A page goes forward by `after`, the last id seen (null from the start); ids sort by the time they were made. */
export type Page = { readonly first: number; readonly after: string | null };

export type AudienceStore = {
  /** False when the name is taken. */
  insert(audience: { id: string; name: string; createdAt: Date }): Promise<boolean>;
  find(id: string): Promise<Audience | undefined>;
  findMany(ids: readonly string[]): Promise<Audience[]>;
  /** Up to `first` + 1 audiences, so that the caller sees whether there is more. */
  page(page: Page): Promise<Audience[]>;
  /** Inserts and updates contacts by lower(email) in one transaction; addresses within `rows` are distinct. */
  upsertContacts(audienceId: string, rows: readonly ContactRow[]): Promise<ImportCounts>;
};
