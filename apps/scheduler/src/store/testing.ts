/** A scheduler's database for one spec file, with an audience and a campaign made in a line. */
import { createDatabase, type Database } from '@sendpool/database';
import { freshDatabase } from '@sendpool/database/testing';
import { newId } from '@sendpool/kernel';
import type { Campaign } from '../domain/campaign.ts';
import type { ContactRow } from '../domain/contact-import.ts';
import { aCampaign } from '../domain/testing.ts';
import { createAudienceStore } from './audience.store.ts';
import { createCampaignLifeStore } from './campaign-life.store.ts';
import { createCampaignStore } from './campaign.store.ts';
import { ensureLanes } from './lane.store.ts';
import { migrations } from './migrations/index.ts';
import { counterColumns } from './states.ts';
import { upsertContacts, type Upserted } from './upsert-contacts.ts';

export type TestDatabase = Database & AsyncDisposable & { readonly url: string };

export const schedulerDatabase = async (poolSize = 10): Promise<TestDatabase> => {
  const fresh = await freshDatabase();
  const options = { url: fresh.url, schema: 'scheduler', migrations, poolSize, applicationName: 'scheduler specs' };
  const database = await createDatabase(options);
  return {
    ...database,
    url: fresh.url,
    [Symbol.asyncDispose]: async () => {
      await database.close();
      await fresh[Symbol.asyncDispose]();
    },
  };
};

/** As a chunk of an upload does it. */
export const addContacts = (database: Database, audienceId: string, rows: readonly ContactRow[]): Promise<Upserted> =>
  database.transaction(async (tx) => {
    const [audience] = await tx.query<{ number: number }>('select number from audience where id = $1', [audienceId]);
    return upsertContacts(tx, audience!.number, rows);
  });

/** An audience of `count` contacts `c<n>@example.com`. Resolves to its id. */
export const makeAudience = async (database: Database, count: number): Promise<string> => {
  const [id, audiences] = [newId(), createAudienceStore(database)];
  await audiences.insert({ id, name: id, createdAt: new Date() });
  for (let from = 0; from < count; from += 2000) {
    const rows = Array.from({ length: Math.min(2000, count - from) }, (_, index) => ({
      email: `c${from + index}@example.com`,
      fields: JSON.stringify({ n: String(from + index), city: 'Oslo', first_name: 'Ann' }),
    }));
    await addContacts(database, id, rows);
  }
  return id;
};

export const makeCampaign = (
  database: Database,
  audienceId: string,
  patch: Partial<Campaign> = {},
): Promise<Campaign> => {
  const { number: _, ...campaign } = aCampaign({ id: newId(), audienceId, ...patch });
  return createCampaignStore(database).insert(campaign);
};

/** A campaign whose audience of `count` contacts is written down over `lanes` lanes, and that may be published. */
export const makeSending = async (
  database: Database,
  count: number,
  options: { lanes?: number; patch?: Partial<Campaign> } = {},
): Promise<Campaign> => {
  const lanes = options.lanes ?? 1;
  await ensureLanes(database.sql, lanes);
  const audienceId = await makeAudience(database, count);
  const patch = { status: 'PREPARING', startedAt: new Date(), ...options.patch } as const;
  const campaign = await makeCampaign(database, audienceId, patch);
  const life = createCampaignLifeStore(database);
  while ((await life.prepareChunk(campaign.number, lanes)) === 'MORE');
  await acknowledge(database, campaign.id);
  return campaign;
};

/** As if the newest revision of the campaign lay in the log. */
export const acknowledge = async (database: Database, campaignId: string): Promise<void> => {
  await database.sql.query('update campaign set acknowledged = revision where id = $1', [campaignId]);
};

/** Counters against the rows they count, by campaign, lane and state; empty when they are equal. */
export const counterFaults = (database: Database): Promise<object[]> =>
  database.sql.query(`
    with counted as (
      select campaign, lane, state, count(*)::int as count from recipient group by campaign, lane, state
    ), kept as (
      select campaign, lane, state - 1 as state, count from campaign_lane,
        unnest(array[${counterColumns.join(', ')}]) with ordinality as counter (count, state)
    )
    select campaign, lane, state, counted.count as rows, kept.count as counter
    from counted full join kept using (campaign, lane, state)
    where coalesce(counted.count, 0) <> coalesce(kept.count, 0)`);
