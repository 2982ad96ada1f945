/** Locks recipients in the order of their keys and reads them with their facts. */
import type { Sql } from '@sendpool/database';
import type { RecipientRow } from '../domain/recipient.ts';
import { factsByKey, recipientColumns, recipientOf, type StoredFacts, type StoredRecipient } from './recipient-row.ts';

export type Keys = { readonly campaigns: readonly number[]; readonly numbers: readonly number[] };

const lock = `
  select ${recipientColumns}
  from (select distinct campaign, seq from unnest($1::int[], $2::int[]) as given (campaign, seq)) as given
  join recipient on recipient.campaign = given.campaign and recipient.seq = given.seq
  order by recipient.campaign, recipient.seq for no key update of recipient`;

/** Whoever changes facts holds the recipient's lock, so they are read behind it, in a statement of its own. */
const facts = `
  select fact.campaign, fact.seq, due_at, deferred_at, unknowns, gaps, copy_accepted, server_hint, reply
  from unnest($1::int[], $2::int[]) as given (campaign, seq)
  join recipient_fact fact on fact.campaign = given.campaign and fact.seq = given.seq`;

/** Each row once; keys without a row are left out. */
export const lockRecipients = async (tx: Sql, keys: Keys): Promise<RecipientRow[]> => {
  if (keys.campaigns.length === 0) return [];
  const rows = await tx.query<StoredRecipient>(lock, [keys.campaigns, keys.numbers]);
  const found = factsByKey(await tx.query<StoredFacts>(facts, [keys.campaigns, keys.numbers]));
  return rows.map((row) => recipientOf(row, found));
};
