import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { sendRequestsTopic, type SendRequest } from '@sendpool/contracts';
import { campaignRecordOf } from '../domain/campaign.ts';
import { defaultSliceLimits } from '../domain/plan-slice.ts';
import { defaultRetryPolicy } from '../domain/recipient.ts';
import { createTakeSlice } from '../domain/take-slice.ts';
import { createCampaignStore } from './campaign.store.ts';
import { createLaneStore } from './lane.store.ts';
import { createCampaignRestoreStore, createLaneRestoreStore } from './restore.store.ts';
import {
  acknowledge,
  counterFaults,
  makeAudience,
  makeCampaign,
  makeSending,
  schedulerDatabase,
  type TestDatabase,
} from './testing.ts';

const publication = (campaignId: string, recipient: number, sequence: number) => ({
  lane: 0,
  sequence,
  campaignId,
  recipient,
  tryNumber: 1,
});

describe('the restore store', () => {
  let database: TestDatabase;
  before(async () => {
    database = await schedulerDatabase();
  });
  after(() => database[Symbol.asyncDispose]());

  const takeSlice = createTakeSliceOf(() => database);

  it('takes publications over: counters stay right, and the rest is published behind the fence', async () => {
    const { id } = await makeSending(database, 20);
    const store = createLaneRestoreStore(database);
    const held = (await store.hold(0, 'restore'))!;
    const known = [3, 4, 7].map((recipient, index) => publication(id, recipient, 100 + index));
    assert.equal(await store.takeOver(held, [...known, publication('no uuid', 1, 5), publication(id, 99, 6)]), 3);
    assert.equal(await store.takeOver(held, known), 0, 'a second time nothing changes');
    assert.equal(await store.finish(held, 5000), 'DONE');
    assert.equal(await store.finish(held, 5000), 'LEASE_LOST', 'a late copy is refused');
    assert.equal(await store.takeOver(held, known), 'LEASE_LOST');
    await store.release(held);
    assert.deepEqual(await counterFaults(database), []);
    const [{ fresh } = { fresh: -1 }] = await database.sql.query<{ fresh: number }>('select fresh from campaign_lane');
    assert.equal(fresh, 17);
    const slice = await takeSlice();
    assert.deepEqual(
      slice.map(({ recipient }) => recipient).filter((one) => [3, 4, 7].includes(one)),
      [],
    );
    assert.deepEqual([slice.length, slice[0]?.sequence], [17, 5001]);
  });

  it('does not give a lane out that somebody holds', async () => {
    const store = createLaneRestoreStore(database);
    const held = await store.hold(0, 'a scheduler');
    assert.equal(await store.hold(0, 'restore'), undefined);
    await store.release(held!);
  });

  it('moves a position back from exactly where it was held', async () => {
    const store = createLaneRestoreStore(database);
    const held = (await store.hold(0, 'restore'))!;
    await database.sql.query('update consumed set next_offset = 50');
    await store.rewind(held, 10);
    const now = (await store.hold(0, 'restore'))!;
    assert.equal(now.recorded, 50);
    await store.rewind(now, 10);
    assert.equal((await store.hold(0, 'restore'))!.recorded, 10);
    await store.release(now);
  });

  it('writes the audience of a campaign down that was a draft, and takes it from the log', async () => {
    const audienceId = await makeAudience(database, 5);
    const draft = await makeCampaign(database, audienceId, { status: 'DRAFT', revision: 1 });
    const store = createCampaignRestoreStore(database, 1);
    while ((await store.prepare(draft.number)) === 'MORE');
    const prepared = (await store.campaigns()).find(({ id }) => id === draft.id)!;
    assert.deepEqual([prepared.revision, prepared.prepared], [1, true]);
    await store.adopt({ ...campaignRecordOf(draft), status: 'PAUSED', subject: 'Edited' }, 1004);
    await store.adopt({ ...campaignRecordOf(draft), status: 'SENDING' }, 1003);
    const adopted = (await createCampaignStore(database).find(draft.id))!;
    assert.deepEqual([adopted.status, adopted.subject, adopted.revision], ['PAUSED', 'Edited', 1004]);
    assert.ok(adopted.startedAt);
    await store.lift(draft.id, 2000);
    await store.lift(draft.id, 1500);
    assert.equal((await createCampaignStore(database).find(draft.id))!.revision, 2000);
    assert.deepEqual(await counterFaults(database), []);
  });
});

/** Everything that the lane gives out now. */
function createTakeSliceOf(database: () => TestDatabase): () => Promise<SendRequest[]> {
  return async () => {
    const [{ id } = { id: '' }] = await database().sql.query<{ id: string }>('select id from campaign limit 1');
    await acknowledge(database(), id);
    const store = createLaneStore(database());
    const lease = (await store.acquire(0, 'a scheduler'))!;
    const take = createTakeSlice({ store, limits: defaultSliceLimits, policy: defaultRetryPolicy });
    const slice = await take({ lane: 0, epoch: lease.epoch, produced: lease.lastSequence });
    await store.release(0, lease.epoch);
    return slice.kind === 'SLICE' ? slice.records.map((one) => sendRequestsTopic.decode(one) as SendRequest) : [];
  };
}
