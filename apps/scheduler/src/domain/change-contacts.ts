/** Contacts that are added or taken away by hand, up to a thousand together: all of them, or none when one of them is wrong. */
import type { Made } from '@sendpool/contracts';
import type { Audience, AudienceStore } from './audience.ts';
import type { ParseAddress } from './campaign.ts';
import type { AddedCounts, ContactStore } from './contact.ts';
import type { ContactRow } from './contact-import.ts';
import { readEntries, type ReadRow } from './contact-row.ts';
import { badInput, done, notFound, refuse, type Refusal, type Result } from './refusal.ts';

const most = 1000;

export type ContactInput = {
  readonly email: string;
  readonly fields: readonly { readonly name: string; readonly value: string }[];
};

export type AddedContacts = AddedCounts & { readonly audience: Audience };
export type DeletedContacts = { readonly audience: Audience; readonly deletedCount: number };

export type ContactDeps = {
  readonly audiences: Pick<AudienceStore, 'find'>;
  readonly contacts: Pick<ContactStore, 'add' | 'remove'>;
  readonly parseAddress: ParseAddress;
};

const sizeFaults = (list: readonly unknown[], name: string): Refusal[] =>
  list.length >= 1 && list.length <= most ? [] : [badInput('name 1 to 1,000 of them', name)];

const noAudience = refuse(notFound('audience', 'audienceId'));

/** What is wrong with one of them is in its address, in the value of a field, or in its fields as a whole. */
const faultOf = ({ fields }: ContactInput, place: number, fault: ReadRow & { ok: false }): Refusal => {
  const path = ['contacts', String(place)];
  if (fault.column === 'email') return badInput(fault.message, ...path, 'email');
  const index = fields.findIndex(({ name }) => name === fault.column);
  return badInput(fault.message, ...path, 'fields', ...(index === -1 ? [] : [String(index), 'value']));
};

/** Of two with one address the last one holds. */
const readAll = (inputs: readonly ContactInput[], parseAddress: ParseAddress): Result<ContactRow[]> => {
  const rows = new Map<string, ContactRow>();
  const faults: Refusal[] = [];
  for (const [place, input] of inputs.entries()) {
    const entries = input.fields.map(({ name, value }) => [name, value] as const);
    const read = readEntries([['email', input.email], ...entries], parseAddress);
    if (!read.ok) faults.push(faultOf(input, place, read));
    else rows.set(read.email.toLowerCase(), { email: read.email, fields: read.fields });
  }
  return faults.length === 0 ? done([...rows.values()]) : refuse(...faults);
};

export const createAddContacts =
  (deps: ContactDeps) =>
  async (input: { audienceId: string; contacts: readonly ContactInput[] }): Promise<Result<AddedContacts>> => {
    const sizes = sizeFaults(input.contacts, 'contacts');
    if (sizes.length > 0) return refuse(...sizes);
    const rows = readAll(input.contacts, deps.parseAddress);
    if (!rows.ok) return rows;
    const counts = await deps.contacts.add(input.audienceId, rows.value);
    const audience = await deps.audiences.find(input.audienceId);
    if (counts === undefined || audience === undefined) return noAudience;
    const duplicates = input.contacts.length - counts.imported - counts.updated - counts.unchanged;
    return done({ audience, ...counts, duplicates });
  };

/** What is kept of a request with a key: the audience, and what was counted then. */
export const addedAgain = (find: AudienceStore['find']): Made<AddedContacts> => ({
  idOf: ({ audience, ...counts }) => JSON.stringify({ audienceId: audience.id, counts }),
  again: async (kept) => {
    const { audienceId, counts } = JSON.parse(kept) as { audienceId: string; counts: AddedCounts };
    const audience = await find(audienceId);
    return audience === undefined ? noAudience : done({ audience, ...counts });
  },
});

const addressesOf = (emails: readonly string[], parseAddress: ParseAddress): Result<string[]> => {
  const parsed = emails.map((email) => parseAddress(email));
  const faults = parsed.flatMap((one, place) => (one.ok ? [] : [badInput(one.reason, 'emails', String(place))]));
  return faults.length === 0 ? done(parsed.flatMap((one) => (one.ok ? [one.address] : []))) : refuse(...faults);
};

/** Addresses that are not in the audience are passed over. */
export const createDeleteContacts =
  (deps: ContactDeps) =>
  async (input: { audienceId: string; emails: readonly string[] }): Promise<Result<DeletedContacts>> => {
    const sizes = sizeFaults(input.emails, 'emails');
    if (sizes.length > 0) return refuse(...sizes);
    const addresses = addressesOf(input.emails, deps.parseAddress);
    if (!addresses.ok) return addresses;
    const deletedCount = await deps.contacts.remove(input.audienceId, addresses.value);
    const audience = await deps.audiences.find(input.audienceId);
    return deletedCount === undefined || audience === undefined ? noAudience : done({ audience, deletedCount });
  };
