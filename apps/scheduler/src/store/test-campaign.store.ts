/** Test messages in PostgreSQL: campaigns of their own, each with an audience that is in no list. */
import type { Database, Sql } from '@sendpool/database';
import { isId } from '@sendpool/kernel';
import type { Campaign } from '../domain/campaign.ts';
import type { NewTest, TestStore } from '../domain/send-test-message.ts';
import { campaignColumns, campaignOf, type CampaignRow } from './campaign-row.ts';
import { insertCampaign } from './campaign.store.ts';
import { tellStatus } from './tell-webhooks.ts';

/** Names of audiences are unique; nobody sees this one. */
const insertAudience = `
  insert into audience (id, name, created_at, of_test) values ($1, 'test ' || $2, $3, true) returning number`;

/** Who wants no more mail of the audience that is tested wants no test either. */
const insertContacts = `
  with added as (
    insert into contact (audience, email, fields, suppressed_at)
    select $1, given.email, given.fields, known.suppressed_at
    from unnest($2::text[], $3::text[]) with ordinality as given (email, fields, place)
    left join contact known on lower(known.email) = lower(given.email)
      and known.audience = (select campaign.audience from campaign where campaign.id = $4)
    order by given.place
    on conflict (audience, lower(email)) do nothing returning id
  )
  update audience set contacts = (select count(*) from added) where number = $1`;

const insertTest = async (tx: Sql, { campaign, contacts }: NewTest): Promise<Campaign> => {
  const { id, audienceId, createdAt, testOf } = campaign;
  const [audience] = await tx.query<{ number: number }>(insertAudience, [audienceId, id, createdAt]);
  const columns = [contacts.map(({ email }) => email), contacts.map(({ fields }) => fields)];
  await tx.query(insertContacts, [audience!.number, ...columns, testOf]);
  const test = await insertCampaign(tx, campaign);
  await tellStatus(tx, [test.number]);
  return test;
};

const mostTests = 20;

const newest = `
  select tested.id as tested_id, test.* from campaign tested cross join lateral (
    select ${campaignColumns} from campaign where campaign.test_of = tested.number order by campaign.id desc limit ${mostTests}
  ) test where tested.id = any($1::uuid[]) order by test.id desc`;

const testsOf = async (sql: Sql, campaignIds: readonly string[]): Promise<Map<string, Campaign[]>> => {
  const found = new Map<string, Campaign[]>(campaignIds.map((id) => [id, []]));
  const rows = await sql.query<CampaignRow & { tested_id: string }>(newest, [campaignIds.filter(isId)]);
  for (const row of rows) found.get(row.tested_id)?.push(campaignOf(row));
  return found;
};

export const createTestStore = (database: Pick<Database, 'sql' | 'transaction'>): TestStore => ({
  insert: (test) => database.transaction((tx) => insertTest(tx, test)),
  testsOf: (campaignIds) => testsOf(database.sql, campaignIds),
});
