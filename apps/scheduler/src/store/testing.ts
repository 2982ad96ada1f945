/** A scheduler's database for one spec file, with an audience and a campaign made in a line. */
import { createDatabase, type Database } from '@sendpool/database';
import { freshDatabase } from '@sendpool/database/testing';
import { newId } from '@sendpool/kernel';
import type { Campaign } from '../domain/campaign.ts';
import { aCampaign } from '../domain/testing.ts';
import { createAudienceStore } from './audience.store.ts';
import { createCampaignStore } from './campaign.store.ts';
import { migrations } from './migrations/index.ts';

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

/** An audience of `count` contacts `c<n>@example.com`. Resolves to its id. */
export const makeAudience = async (database: Database, count: number): Promise<string> => {
  const [id, audiences] = [newId(), createAudienceStore(database)];
  await audiences.insert({ id, name: id, createdAt: new Date() });
  for (let from = 0; from < count; from += 2000) {
    const rows = Array.from({ length: Math.min(2000, count - from) }, (_, index) => ({
      email: `c${from + index}@example.com`,
      fields: JSON.stringify({ n: String(from + index), city: 'Oslo', first_name: 'Ann' }),
      repeated: false,
    }));
    await audiences.upsertContacts(id, rows);
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
