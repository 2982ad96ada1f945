/** An audience, its contacts, and what the use cases need of their store. */

export type Audience = {
  readonly id: string;
  readonly name: string;
  readonly contactCount: number;
  readonly createdAt: Date;
};

/** How named things are sorted: by the time at which they were made, or by name. */
type ListOrder = { readonly field: 'CREATED_AT' | 'NAME'; readonly direction: 'ASC' | 'DESC' };

/** `after`: the row before the first one wanted, by its name, when that is the order, and its id. */
export type OrderedPage = {
  readonly first: number;
  readonly order: ListOrder;
  readonly after: { readonly key: string; readonly id: string } | undefined;
};

/** Those with this text in their name; undefined: all. */
export type NameFilter = { readonly nameContains: string | undefined };

/** To count millions takes long, and a number of that size says nothing. */
export const maxCounted = 10_000;

/** A page goes forward by `after`, the last id seen (null from the start); ids sort by the time they were made. */
export type Page = { readonly first: number; readonly after: string | null };

export type AudienceStore = {
  /** False when the name is taken. */
  insert(audience: { id: string; name: string; createdAt: Date }): Promise<boolean>;
  /** One that a campaign can be for: not that of a test, which keeps who wants no more mail as it was when the test was sent. */
  find(id: string): Promise<Audience | undefined>;
  findMany(ids: readonly string[]): Promise<Audience[]>;
  /** Up to `first` + 1 audiences, without those of tests, so that the caller sees whether there is more. */
  page(page: OrderedPage & NameFilter): Promise<Audience[]>;
  count(filter: NameFilter): Promise<number>;
};
