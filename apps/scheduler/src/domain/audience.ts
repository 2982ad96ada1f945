/** An audience, its contacts, and what the use cases need of their store. */

export type Audience = {
  readonly id: string;
  readonly name: string;
  readonly contactCount: number;
  readonly createdAt: Date;
};

/** A page goes forward by `after`, the last id seen (null from the start); ids sort by the time they were made. */
export type Page = { readonly first: number; readonly after: string | null };

export type AudienceStore = {
  /** False when the name is taken. */
  insert(audience: { id: string; name: string; createdAt: Date }): Promise<boolean>;
  find(id: string): Promise<Audience | undefined>;
  findMany(ids: readonly string[]): Promise<Audience[]>;
  /** Up to `first` + 1 audiences, without those of tests, so that the caller sees whether there is more. */
  page(page: Page): Promise<Audience[]>;
};
