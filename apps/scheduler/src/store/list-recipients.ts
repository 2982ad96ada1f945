/** Pages of campaigns' recipients, all or by state, walking by number. */
import type { RecipientState } from '@sendpool/contracts';
import type { Sql } from '@sendpool/database';
import type { RecipientPage, RecipientView } from '../domain/campaign.ts';
import { stateNumber, stateOf } from './states.ts';

type Row = {
  campaign_id: string;
  seq: number;
  email: string;
  state: number;
  tries: number;
  due_at: number | null;
  reply: string | null;
};

const viewOf = (row: Row): RecipientView => ({
  campaignId: row.campaign_id,
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
  where recipient.campaign = campaign.number and recipient.seq > $2 and ($3::smallint is null or recipient.state = $3)
  order by recipient.seq limit $4`;

/** States that a recipient only has together with a fact: there are few of them, and they are found by their facts. */
const walkFacts = `
  select ${shown} from recipient_fact fact
  join recipient on recipient.campaign = fact.campaign and recipient.seq = fact.seq
  join contact on contact.id = recipient.contact_id
  where fact.campaign = campaign.number and fact.seq > $2 and recipient.state = $3
  order by fact.seq limit $4`;

/** One walk of each campaign, by its own index: what is beyond the page is not looked at. */
const each = (walk: string): string => `
  select campaign.id as campaign_id, page.* from campaign cross join lateral (${walk}) page
  where campaign.id = any($1::uuid[]) order by campaign.number, page.seq`;

const [pageOfAll, pageOfFacts] = [each(walkAll), each(walkFacts)];

const withFacts: ReadonlySet<RecipientState | null> = new Set(['DEFERRED', 'BOUNCED', 'UNKNOWN'] as const);

export const listRecipients = async (
  sql: Sql,
  campaignIds: readonly string[],
  page: RecipientPage,
): Promise<Map<string, RecipientView[]>> => {
  const state = page.state === null ? null : stateNumber(page.state);
  const text = withFacts.has(page.state) ? pageOfFacts : pageOfAll;
  const rows = await sql.query<Row>(text, [campaignIds, page.after, state, page.first + 1]);
  return Map.groupBy(rows.map(viewOf), ({ campaignId }) => campaignId);
};
