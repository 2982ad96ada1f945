/** A contact of an audience as the API shows it, and what the use cases need of its store. */
import type { MergeContact } from './choose-contact.ts';
import type { ContactRow } from './contact-import.ts';

export type Contact = {
  /** Names it over all audiences, for as long as it is in one. */
  readonly number: number;
  readonly email: string;
  /** By name. */
  readonly fields: readonly { readonly name: string; readonly value: string }[];
};

/** Those with this text in their address; undefined: all. */
export type ContactFilter = { readonly emailStartsWith: string | undefined };

export type ContactPage = ContactFilter & { readonly first: number; readonly after: number };

/** What became of rows that are added together. */
export type AddedCounts = {
  readonly imported: number;
  readonly updated: number;
  readonly unchanged: number;
  readonly duplicates: number;
};

export type ContactStore = {
  /** Of each of these audiences the contact with this address, or the one made first (null); an audience without it has no entry. */
  findIn(audienceIds: readonly string[], email: string | null): Promise<ReadonlyMap<string, MergeContact>>;
  /** Up to `first` + 1 contacts of each of these audiences beyond number `after`; one without any there has no entry. */
  page(audienceIds: readonly string[], page: ContactPage): Promise<ReadonlyMap<string, Contact[]>>;
  /** How many contacts of each of these audiences match; null instead of more than `maxCounted`. */
  counts(audienceIds: readonly string[], filter: ContactFilter): Promise<ReadonlyMap<string, number | null>>;
  /** By lower(email), as uploads do it: new ones, changed ones, and those that are as they were. Undefined: there is no such audience. */
  add(audienceId: string, rows: readonly ContactRow[]): Promise<Omit<AddedCounts, 'duplicates'> | undefined>;
  /** Takes these addresses out of the audience; recipients of campaigns stay as they are. Undefined: there is no such audience. */
  remove(audienceId: string, emails: readonly string[]): Promise<number | undefined>;
};
