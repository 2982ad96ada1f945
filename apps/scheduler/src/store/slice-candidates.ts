/** Reads the recipients that a slice may publish, with their contacts. */
import { laneLimits } from '@sendpool/contracts';
import type { Sql } from '@sendpool/database';
import type { Candidate } from '../domain/lane-store.ts';
import type { SliceShare } from '../domain/plan-slice.ts';
import { lockRecipients } from './lock-recipients.ts';
import { recipientColumns, recipientOf, type StoredRecipient } from './recipient-row.ts';
import { stateNumber } from './states.ts';

type Place = { readonly lane: number; readonly now: number };
type ContactColumns = { email: string; fields: string; suppressed: boolean };
type FreshRow = StoredRecipient & ContactColumns;

const contactColumns = 'contact.email, contact.fields, contact.suppressed_at is not null as suppressed';

/**
 * Blocks of the lane in their order, from where the lane stands in the campaign. No lock is needed: fresh recipients change
 * only under the lock of the lane, or by a cancel, which waits for the lock of the campaign.
 * One that was published before and waits for its time is no fresh one: after a restore such lie beyond the place of the lane.
 * The inner limits keep the planner from reading whole tables for a few hundred rows.
 */
const fresh = `
  with here as materialized (select next_seq from campaign_lane where campaign = $1 and lane = $2)
  select ${recipientColumns}, contact.*
  from recipient_block block
  cross join lateral (
    select * from recipient where recipient.campaign = $1
      and recipient.seq >= greatest((select next_seq from here), block.block * ${laneLimits.block})
      and recipient.seq < (block.block + 1) * ${laneLimits.block}
      and recipient.state = ${stateNumber('PENDING')} and recipient.sequence < 0
    order by recipient.seq limit ${laneLimits.block}
  ) as recipient
  cross join lateral (
    select ${contactColumns} from contact where contact.id = recipient.contact_id limit 1
  ) as contact
  where block.campaign = $1 and block.lane = $2 and block.block >= (select next_seq from here) / ${laneLimits.block}
  order by block.block, recipient.seq limit $3`;

const due = `
  select seq from recipient_fact where lane = $1 and campaign = $2 and due_at <= $3 order by due_at, seq limit $4`;

const contacts = `
  select recipient.campaign, recipient.seq, contact.*
  from unnest($1::int[], $2::int[]) as given (campaign, seq)
  join recipient on recipient.campaign = given.campaign and recipient.seq = given.seq
  cross join lateral (
    select ${contactColumns} from contact where contact.id = recipient.contact_id limit 1
  ) as contact`;

const freshCandidates = async (tx: Sql, share: SliceShare, { lane }: Place): Promise<Candidate[]> => {
  if (share.fresh === 0) return [];
  const rows = await tx.query<FreshRow>(fresh, [share.campaign, lane, share.fresh]);
  return rows.map((row) => ({
    row: recipientOf(row, new Map()),
    email: row.email,
    fields: row.fields,
    suppressed: row.suppressed,
  }));
};

const dueKeys = async (tx: Sql, shares: readonly SliceShare[], { lane, now }: Place) => {
  const [campaigns, numbers]: [number[], number[]] = [[], []];
  for (const share of shares.filter((one) => one.due > 0)) {
    for (const { seq } of await tx.query<{ seq: number }>(due, [lane, share.campaign, now, share.due])) {
      campaigns.push(share.campaign);
      numbers.push(seq);
    }
  }
  return { campaigns, numbers };
};

/** An outcome may have come between the look at the due times and the lock: what is not due any more is left out. */
const dueCandidates = async (tx: Sql, shares: readonly SliceShare[], place: Place): Promise<Candidate[]> => {
  const keys = await dueKeys(tx, shares, place);
  if (keys.campaigns.length === 0) return [];
  const rows = (await lockRecipients(tx, keys)).filter(({ facts }) => facts.dueAt !== null && facts.dueAt <= place.now);
  const found = await tx.query<ContactColumns & { campaign: number; seq: number }>(contacts, [
    keys.campaigns,
    keys.numbers,
  ]);
  const byKey = new Map(found.map((contact) => [`${contact.campaign}:${contact.seq}`, contact]));
  return rows.flatMap((row) => {
    const contact = byKey.get(`${row.campaign}:${row.number}`);
    return contact === undefined
      ? []
      : [{ row, email: contact.email, fields: contact.fields, suppressed: contact.suppressed }];
  });
};

/** Due ones first; within a campaign the fresh ones come by their number. */
export const sliceCandidates = async (tx: Sql, place: Place, shares: readonly SliceShare[]): Promise<Candidate[]> => {
  const candidates = await dueCandidates(tx, shares, place);
  for (const share of shares) candidates.push(...(await freshCandidates(tx, share, place)));
  return candidates;
};
