import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { newId } from '@sendpool/kernel';
import type { Campaign } from '../domain/campaign.ts';
import { createCampaignStore } from './campaign.store.ts';
import { makeAudience, makeCampaign, schedulerDatabase, type TestDatabase } from './testing.ts';
import { createVerdictStore } from './verdict.store.ts';

describe('the store of heeded verdicts', () => {
  let database: TestDatabase;
  before(async () => {
    database = await schedulerDatabase();
  });
  after(() => database[Symbol.asyncDispose]());

  const campaign = async (status: Campaign['status']) =>
    makeCampaign(database, await makeAudience(database, 1), { status, prepared: true });
  const stand = async ({ id }: { id: string }) => {
    const now = (await createCampaignStore(database).find(id))!;
    return [now.status, now.pausedReason, now.revision];
  };
  const pauseOnce = (id: string, campaigns: readonly { id: string }[]) =>
    createVerdictStore(database).pauseOnce({
      id,
      campaignIds: campaigns.map((one) => one.id),
      words: 'it is the list',
    });

  it('pauses the named campaigns that send or are prepared, with the reason and as a new revision', async () => {
    const [sending, preparing] = [await campaign('SENDING'), await campaign('PREPARING')];
    const others = [await campaign('PAUSED'), await campaign('FINISHED'), await campaign('DRAFT')];
    const unnamed = await campaign('SENDING');
    const named = [sending, preparing, ...others, { id: newId() }, { id: 'no id' }];
    assert.deepEqual((await pauseOnce('v1', named)).sort(), [sending.id, preparing.id].sort());
    for (const one of [sending, preparing]) assert.deepEqual(await stand(one), ['PAUSED', 'it is the list', 2]);
    assert.deepEqual(await stand(others[0]!), ['PAUSED', null, 1]);
    assert.deepEqual(await stand(others[1]!), ['FINISHED', null, 1]);
    assert.deepEqual(await stand(unnamed), ['SENDING', null, 1]);
  });

  it('never pauses twice by the same verdict, and does by another one', async () => {
    const one = await campaign('SENDING');
    assert.deepEqual(await pauseOnce('v2', [one]), [one.id]);
    const resumed = { status: 'SENDING', pausedReason: null } as const;
    await createCampaignStore(database).change(one.id, () => ({ ok: true, value: resumed }));
    assert.deepEqual(await pauseOnce('v2', [one]), []);
    assert.deepEqual(await stand(one), ['SENDING', null, 3]);
    assert.deepEqual(await pauseOnce('v3', [one]), [one.id]);
  });
});
