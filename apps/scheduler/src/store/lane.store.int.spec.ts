import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import { sendRequestsTopic, type SendRequest } from '@sendpool/contracts';
import type { LaneStore } from '../domain/lane-store.ts';
import { defaultSliceLimits } from '../domain/plan-slice.ts';
import type { SliceResult } from '../domain/publish-lane.ts';
import { defaultRetryPolicy } from '../domain/recipient.ts';
import { createTakeSlice } from '../domain/take-slice.ts';
import { createCampaignStore } from './campaign.store.ts';
import { createLaneStore, ensureLanes } from './lane.store.ts';
import { acknowledge, counterFaults, makeSending, schedulerDatabase, type TestDatabase } from './testing.ts';

const requestsOf = (slice: SliceResult): SendRequest[] =>
  slice.kind === 'SLICE' ? slice.records.map((record) => sendRequestsTopic.decode(record) as SendRequest) : [];

describe('the lane store', () => {
  let database: TestDatabase;
  let store: LaneStore;
  let takeSlice: ReturnType<typeof createTakeSlice>;
  before(async () => {
    database = await schedulerDatabase();
    store = createLaneStore(database);
    takeSlice = createTakeSlice({ store, limits: defaultSliceLimits, policy: defaultRetryPolicy });
  });
  beforeEach(() =>
    database.sql.query(
      'truncate lane, campaign, campaign_lane, recipient, recipient_block, recipient_fact, pool_pause cascade',
    ),
  );
  after(() => database[Symbol.asyncDispose]());

  const taken = async (produced: number, lane = 0) => {
    const { epoch } = (await store.acquire(lane, 'a'))!;
    return takeSlice({ lane, epoch, produced });
  };

  it('gives a lane to the first who asks, renews it under the same epoch, and to others only once it has run out', async () => {
    await ensureLanes(database.sql, 1);
    const first = { lane: 0, epoch: 1, lastSequence: -1, intent: undefined };
    assert.deepEqual(await store.acquire(0, 'a'), first);
    assert.deepEqual(await store.acquire(0, 'a'), first);
    assert.equal(await store.acquire(0, 'b'), undefined);
    await database.sql.query(`update lane set lease_until = now() - interval '1 second'`);
    assert.equal((await store.acquire(0, 'b'))?.epoch, 2);
    assert.equal(await store.acquire(0, 'a'), undefined);
    await store.release(0, 1);
    assert.equal(await store.acquire(0, 'a'), undefined);
    await store.release(0, 2);
    assert.equal((await store.acquire(0, 'a'))?.epoch, 3);
  });

  it('knows the lanes there are when their number grows and when it shrinks', async () => {
    assert.deepEqual(await ensureLanes(database.sql, 2), [0, 1]);
    assert.deepEqual(await ensureLanes(database.sql, 3), [0, 1, 2]);
    assert.deepEqual(await ensureLanes(database.sql, 1), [0, 1, 2]);
  });

  it('hands out each recipient once, in its lane, under dense sequences, until nothing is left', async () => {
    const campaign = await makeSending(database, 2200, { lanes: 2 });
    const seen = new Map<number, SendRequest>();
    for (const lane of [0, 1]) {
      let produced = -1;
      for (;;) {
        const slice = await taken(produced, lane);
        if (slice.kind !== 'SLICE') break;
        const requests = requestsOf(slice);
        assert.deepEqual(
          requests.map(({ sequence }) => sequence),
          requests.map((_, index) => produced + 1 + index),
        );
        for (const request of requests) seen.set(request.recipient, request);
        assert.ok(requests.every((request) => request.lane === lane && request.campaignId === campaign.id));
        produced = slice.lastSequence;
        await database.sql.query('update campaign_lane set in_flight = 0, accepted = accepted + in_flight');
        await database.sql.query('update recipient set state = 2 where state = 1');
      }
    }
    assert.deepEqual(
      [...seen.keys()].sort((a, b) => a - b),
      Array.from({ length: 2200 }, (_, number) => number),
    );
    assert.equal(seen.get(7)?.email, 'c7@example.com');
    assert.deepEqual(await counterFaults(database), []);
  });

  it('stops at the window of the campaign', async () => {
    await makeSending(database, 3000);
    const sizes: number[] = [];
    for (let produced = -1; ;) {
      const slice = await taken(produced);
      if (slice.kind !== 'SLICE') break;
      sizes.push(slice.records.length);
      produced = slice.lastSequence;
    }
    assert.deepEqual(sizes, [500, 500, 24]);
  });

  it('refuses a late transaction of the same lease, and one of a lease that was lost', async () => {
    await makeSending(database, 1500);
    const { epoch } = (await store.acquire(0, 'a'))!;
    const first = await takeSlice({ lane: 0, epoch, produced: -1 });
    assert.equal(first.kind, 'SLICE');
    assert.deepEqual(await takeSlice({ lane: 0, epoch, produced: -1 }), { kind: 'LEASE_LOST' });
    await database.sql.query(`update lane set lease_until = '-infinity'`);
    assert.equal((await store.acquire(0, 'b'))?.epoch, epoch + 1);
    assert.deepEqual(await takeSlice({ lane: 0, epoch, produced: 499 }), { kind: 'LEASE_LOST' });
    assert.equal((await takeSlice({ lane: 0, epoch: epoch + 1, produced: 499 })).kind, 'SLICE');
  });

  it('keeps the intent byte for byte, whatever happens to the contacts behind it', async () => {
    await makeSending(database, 600);
    await database.sql.query(`update contact set fields = '{"n":"line\\nbreak é"}' where email = 'c3@example.com'`);
    const slice = await taken(-1);
    await database.sql.query(`update contact set suppressed_at = now(), email = 'x' || email, fields = '{}'`);
    await database.sql.query(`update lane set lease_until = '-infinity'`);
    const lease = await store.acquire(0, 'b');
    assert.ok(slice.kind === 'SLICE');
    assert.deepEqual(lease?.intent, { lastSequence: 499, records: slice.records });
    assert.equal(lease?.lastSequence, 499);
  });

  it('leaves contacts out that were suppressed after the campaign was prepared', async () => {
    const campaign = await makeSending(database, 10);
    await database.sql.query(
      `update contact set suppressed_at = now() where email in ('c0@example.com', 'c9@example.com')`,
    );
    assert.deepEqual(
      requestsOf(await taken(-1)).map(({ recipient }) => recipient),
      [1, 2, 3, 4, 5, 6, 7, 8],
    );
    const progress = (await createCampaignStore(database).progress([campaign.id])).get(campaign.id);
    assert.deepEqual([progress?.counts.SUPPRESSED, progress?.counts.IN_FLIGHT], [2, 8]);
    assert.equal((await taken(7)).kind, 'EMPTY');
    assert.deepEqual(await counterFaults(database), []);
  });

  it('takes no slice of a campaign that is paused, or whose revision the log does not have yet', async () => {
    const campaign = await makeSending(database, 10);
    const campaigns = createCampaignStore(database);
    await campaigns.change(campaign.id, () => ({ ok: true, value: { status: 'PAUSED' } }));
    assert.equal((await taken(-1)).kind, 'EMPTY');
    await campaigns.change(campaign.id, () => ({ ok: true, value: { status: 'SENDING' } }));
    assert.equal((await taken(-1)).kind, 'EMPTY');
    await acknowledge(database, campaign.id);
    assert.equal(requestsOf(await taken(-1))[0]?.campaignRevision, 4);
  });

  it('shares a slice between the campaigns of a lane', async () => {
    const [one, two] = [await makeSending(database, 900), await makeSending(database, 100)];
    const requests = requestsOf(await taken(-1));
    const count = (id: string) => requests.filter(({ campaignId }) => campaignId === id).length;
    assert.deepEqual([count(one.id), count(two.id)], [400, 100]);
  });
});
