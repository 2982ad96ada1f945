import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import { sendRequestsTopic, type Outcome, type OutcomeEvent, type SendRequest } from '@sendpool/contracts';
import { newId } from '@sendpool/kernel';
import { defaultSliceLimits } from '../domain/plan-slice.ts';
import { outcomeEvent } from '../domain/recipient.fixture.ts';
import { defaultRetryPolicy } from '../domain/recipient.ts';
import { createRecordEvents, type RecordEvents } from '../domain/record-events.ts';
import { decideResend, type ResendOrder, type ResendStore } from '../domain/resend.ts';
import { createTakeSlice } from '../domain/take-slice.ts';
import { createCampaignLifeStore } from './campaign-life.store.ts';
import { createCampaignStore } from './campaign.store.ts';
import { createLaneStore } from './lane.store.ts';
import { createRecordStore } from './record.store.ts';
import { createResendStore } from './resend.store.ts';
import { acknowledge, counterFaults, makeSending, schedulerDatabase, type TestDatabase } from './testing.ts';

const policy = { ...defaultRetryPolicy, delaysMs: [0], releaseDelayMs: 0, maxAgeMs: -1 };
const later = () => new Date(Date.now() + 3_600_000);

const order = (patch: Partial<ResendOrder> = {}): ResendOrder => ({
  id: newId(),
  createdAt: new Date(),
  actor: 'key-1',
  states: ['UNKNOWN', 'EXPIRED'],
  recipientNumbers: null,
  idempotencyKey: newId(),
  digest: 'd',
  graceMs: 0,
  ...patch,
});

describe('the store of resends', () => {
  let database: TestDatabase;
  let record: RecordEvents;
  let store: ResendStore;
  let recorded = 0;
  before(async () => {
    database = await schedulerDatabase();
    store = createResendStore(database);
  });
  beforeEach(async () => {
    await database.sql.query(
      'truncate lane, campaign, campaign_lane, recipient, recipient_block, recipient_fact, pool_pause, consumed, resend cascade',
    );
    record = createRecordEvents({ store: createRecordStore(database), policy, random: () => 0.5 });
    await record.assigned([0]);
    recorded = 0;
  });
  after(() => database[Symbol.asyncDispose]());

  const take = async (): Promise<SendRequest[]> => {
    const lanes = createLaneStore(database);
    const lease = (await lanes.acquire(0, 'a'))!;
    const takeSlice = createTakeSlice({ store: lanes, limits: defaultSliceLimits, policy });
    const slice = await takeSlice({ lane: 0, epoch: lease.epoch, produced: lease.lastSequence });
    return slice.kind === 'SLICE' ? slice.records.map((one) => sendRequestsTopic.decode(one) as SendRequest) : [];
  };
  const say = async (request: SendRequest, outcome: Outcome, patch: Partial<OutcomeEvent> = {}): Promise<void> => {
    const { lane, sequence, campaignId, recipient, tryNumber } = request;
    const event = outcomeEvent(outcome, { lane, sequence, campaignId, recipient, tryNumber, ...patch });
    await record.record({ partition: 0, next: recorded + 1, events: [{ offset: recorded, event }] });
    recorded += 1;
  };
  const resend = (id: string, patch: Partial<ResendOrder> = {}) => store.resend(id, order(patch), decideResend);
  const countOf = (result: Awaited<ReturnType<typeof resend>>): number => (result.ok ? result.value.resend.count : -1);
  const progress = async (id: string) => (await createCampaignStore(database).progress([id])).get(id)!;
  const finish = async ({ id, number }: { id: string; number: number }): Promise<void> => {
    assert.equal(await createCampaignLifeStore(database).finishIfDone(number, later(), 60_000), true);
    await acknowledge(database, id);
  };
  /** Recipients 0 ACCEPTED, 1 UNKNOWN, 2 EXPIRED, 3 BOUNCED, each after its first publication. */
  const ended = async () => {
    const campaign = await makeSending(database, 4);
    const requests = await take();
    const outcomes: Outcome[] = ['ACCEPTED', 'UNKNOWN', 'DEFERRED', 'BOUNCED'];
    for (const [index, outcome] of outcomes.entries()) await say(requests[index]!, outcome);
    return { campaign, requests };
  };

  it('makes UNKNOWN and EXPIRED recipients PENDING once more, leaves the others alone, and finishes again', async () => {
    const { campaign } = await ended();
    await finish(campaign);
    const result = await resend(campaign.id);
    assert.ok(result.ok);
    const { status, revision, finishedAt } = result.value.campaign;
    assert.deepEqual([status, revision, finishedAt], ['SENDING', 4, null]);
    const waiting = (await progress(campaign.id)).counts;
    assert.deepEqual(
      [waiting.PENDING, waiting.UNKNOWN, waiting.EXPIRED, waiting.ACCEPTED, waiting.BOUNCED],
      [2, 0, 0, 1, 1],
    );
    assert.deepEqual(await take(), [], 'before the log has the new revision nothing is published');
    await acknowledge(database, campaign.id);
    const again = await take();
    assert.deepEqual(
      again.map(({ recipient, tryNumber, campaignRevision }) => [recipient, tryNumber, campaignRevision]),
      [
        [1, 2, 4],
        [2, 2, 4],
      ],
    );
    for (const request of again) await say(request, 'ACCEPTED');
    assert.deepEqual(await counterFaults(database), []);
    assert.deepEqual(
      [(await progress(campaign.id)).counts.ACCEPTED, (await progress(campaign.id)).deferredThenAccepted],
      [3, 1],
    );
    await finish(campaign);
    const stored = await createCampaignStore(database).find(campaign.id);
    assert.deepEqual([stored?.status, stored?.revision], ['FINISHED', 5]);
  });

  it('carries the same key out once, says then what was done, and refuses it for another request', async () => {
    const { campaign } = await ended();
    const first = order({ states: ['EXPIRED'] });
    const result = await store.resend(campaign.id, first, decideResend);
    const [request] = await take();
    await say(request!, 'DEFERRED');
    const again = await store.resend(campaign.id, { ...first, id: newId() }, decideResend);
    assert.deepEqual(again.ok && again.value.resend, result.ok && result.value.resend);
    assert.equal((await progress(campaign.id)).counts.EXPIRED, 1);
    const other = await store.resend(campaign.id, { ...first, id: newId(), digest: 'other' }, decideResend);
    assert.deepEqual(!other.ok && other.errors.map(({ code }) => code), ['CONFLICT']);
  });

  it('carries many requests with one key out once when they come at the same moment', async () => {
    const { campaign } = await ended();
    const one = order();
    const results = await Promise.all(
      Array.from({ length: 8 }, () => store.resend(campaign.id, { ...one, id: newId() }, decideResend)),
    );
    assert.equal(new Set(results.map((result) => result.ok && result.value.resend.id)).size, 1);
    assert.equal((await progress(campaign.id)).counts.PENDING, 2);
    assert.deepEqual(await counterFaults(database), []);
  });

  it('writes down who asked, when, for which states and how many', async () => {
    const { campaign } = await ended();
    const createdAt = new Date(1_700_000_000_000);
    await resend(campaign.id, { createdAt, actor: 'key-7', states: ['UNKNOWN'], graceMs: 5 });
    await resend(campaign.id, { states: ['EXPIRED', 'BOUNCED'], recipientNumbers: [3, 3, 0, 99] });
    const rows = (await store.resends([campaign.id])).get(campaign.id)!;
    assert.partialDeepStrictEqual(rows, [
      { actor: 'key-1', states: ['EXPIRED', 'BOUNCED'], named: 3, count: 1 },
      { actor: 'key-7', states: ['UNKNOWN'], named: null, count: 1, createdAt },
    ]);
    assert.equal(rows.length, 2);
    assert.equal((await progress(campaign.id)).counts.BOUNCED, 0);
    assert.deepEqual(await counterFaults(database), []);
  });

  it('refuses a campaign that was cancelled or has not sent yet, and changes nothing in it', async () => {
    const { campaign } = await ended();
    for (const status of ['CANCELLED', 'PREPARING', 'DRAFT'] as const) {
      await database.sql.query('update campaign set status = $2 where id = $1', [campaign.id, status]);
      assert.equal((await resend(campaign.id)).ok, false);
    }
    assert.equal((await progress(campaign.id)).counts.PENDING, 0);
    assert.deepEqual((await store.resends([campaign.id])).get(campaign.id), []);
    assert.equal((await resend(newId())).ok, false);
  });

  it('leaves a finished campaign finished when nobody is in these states', async () => {
    const campaign = await makeSending(database, 1);
    await say((await take())[0]!, 'ACCEPTED');
    await finish(campaign);
    assert.equal(countOf(await resend(campaign.id)), 0);
    assert.equal((await createCampaignStore(database).find(campaign.id))?.status, 'FINISHED');
  });

  it('waits for the conversation of a doubt to end, and leaves a doubt alone that RESEND sends again by itself', async () => {
    const held = await ended();
    await resend(held.campaign.id, { states: ['UNKNOWN'], graceMs: 60_000 });
    assert.deepEqual(await take(), []);
    await database.sql.query('update recipient_fact set due_at = due_at - 60001 where due_at is not null');
    assert.equal((await take()).length, 1);
    const campaign = await makeSending(database, 1, { patch: { unknownPolicy: 'RESEND' } });
    await say((await take())[0]!, 'UNKNOWN');
    assert.equal(countOf(await resend(campaign.id)), 0);
  });

  it('lets ACCEPTED of the old publication win, before and after the new one went out', async () => {
    const first = await ended();
    await resend(first.campaign.id, { states: ['UNKNOWN'] });
    await say(first.requests[1]!, 'BOUNCED');
    assert.equal((await progress(first.campaign.id)).counts.PENDING, 1, 'no other outcome of it counts any more');
    await say(first.requests[1]!, 'ACCEPTED');
    assert.deepEqual(await take(), []);
    await resend(first.campaign.id, { states: ['EXPIRED'] });
    const [request] = await take();
    await say(first.requests[2]!, 'ACCEPTED');
    await say(request!, 'BOUNCED');
    assert.deepEqual(
      [(await progress(first.campaign.id)).counts.ACCEPTED, (await progress(first.campaign.id)).counts.IN_FLIGHT],
      [3, 0],
    );
    assert.deepEqual(await counterFaults(database), []);
  });

  it('sends nothing to a contact that was suppressed meanwhile', async () => {
    const { campaign } = await ended();
    await resend(campaign.id);
    await database.sql.query('update contact set suppressed_at = now()');
    assert.deepEqual(await take(), []);
    assert.equal((await progress(campaign.id)).counts.SUPPRESSED, 2);
    assert.deepEqual(await counterFaults(database), []);
  });
});
