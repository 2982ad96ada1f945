/** Pages of a campaign's recipients, all or by state, walking by number. */
import type { RecipientState } from '@sendpool/contracts';
import type { Sql } from '@sendpool/database';
import type { RecipientView } from '../domain/campaign.ts';
import { stateNumber, stateOf } from './states.ts';

type Row = {
  seq: number;
  email: string;
  state: number;
  tries: number;
  due_at: number | null;
  reply: string | null;
};

const viewOf = (row: Row): RecipientView => ({
  number: row.seq,
  email: row.email,
  state: stateOf(row.state),
  tries: row.tries,
  dueAt: row.due_at === null ? null : new Date(row.due_at),
  lastReply: row.reply,
});

const shown = 'recipient.seq, contact.email, recipient.state, recipient.tries, fact.due_at, fact.reply';

const walkAll = `
  select ${shown} from recipient
  join contact on contact.id = recipient.contact_id
  left join recipient_fact fact on fact.campaign = recipient.campaign and fact.seq = recipient.seq
  where recipient.campaign = $1 and recipient.seq > $2 and ($3::smallint is null or recipient.state = $3)
  order by recipient.seq limit $4`;

/** States that a recipient only has together with a fact: there are few of them, and they are found by their facts. */
const walkFacts = `
  select ${shown} from recipient_fact fact
  join recipient on recipient.campaign = fact.campaign and recipient.seq = fact.seq
  join contact on contact.id = recipient.contact_id
  where fact.campaign = $1 and fact.seq > $2 and recipient.state = $3
  order by fact.seq limit $4`;

const withFacts: ReadonlySet<RecipientState | null> = new Set(['DEFERRED', 'BOUNCED', 'UNKNOWN'] as const);

export const listRecipients = async (
  sql: Sql,
  campaignId: string,
  page: { state: RecipientState | null; first: number; after: number },
): Promise<RecipientView[]> => {
  const [campaign] = await sql.query<{ number: number }>('select number from campaign where id = $1', [campaignId]);
  if (campaign === undefined) return [];
  const state = page.state === null ? null : stateNumber(page.state);
  const walk = withFacts.has(page.state) ? walkFacts : walkAll;
  const rows = await sql.query<Row>(walk, [campaign.number, page.after, state, page.first + 1]);
  return rows.map(viewOf);
};
