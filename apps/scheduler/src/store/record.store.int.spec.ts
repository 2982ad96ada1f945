import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import {
  sendRequestsTopic,
  type DeliveryEvent,
  type Outcome,
  type OutcomeEvent,
  type SendRequest,
} from '@sendpool/contracts';
import { isAppError, seededRandom } from '@sendpool/kernel';
import { outcomeRecord } from '@sendpool/testing';
import { defaultSliceLimits } from '../domain/plan-slice.ts';
import { defaultRetryPolicy } from '../domain/recipient.ts';
import { createRecordEvents } from '../domain/record-events.ts';
import { createTakeSlice } from '../domain/take-slice.ts';
import { createCampaignLifeStore } from './campaign-life.store.ts';
import { createCampaignStore } from './campaign.store.ts';
import { createLaneStore } from './lane.store.ts';
import { createRecordStore } from './record.store.ts';
import { acknowledge, counterFaults, makeSending, schedulerDatabase, type TestDatabase } from './testing.ts';

const eventOf = (
  { lane, sequence, campaignId, recipient, tryNumber }: SendRequest,
  outcome: Outcome,
  patch: Partial<OutcomeEvent> = {},
): OutcomeEvent =>
  outcomeRecord({
    lane,
    sequence,
    campaignId,
    recipient,
    tryNumber,
    outcome,
    serverId: outcome === 'RELEASED' || outcome === 'CANCELLED' ? null : 'server-1',
    reply: outcome === 'DEFERRED' || outcome === 'BOUNCED' ? { code: 450, enhanced: '4.2.0', text: 'later' } : null,
    bounceClass: outcome === 'BOUNCED' ? 'HARD' : null,
    ...patch,
  });

const batch = (events: readonly DeliveryEvent[], from = 0, partition = 0) => ({
  partition,
  next: from + events.length,
  events: events.map((event, index) => ({ offset: from + index, event })),
});

describe('the record store', () => {
  let database: TestDatabase;
  const policy = { ...defaultRetryPolicy, delaysMs: [0], releaseDelayMs: 0, unknownGraceMs: 0 };
  const lanes = () => createLaneStore(database);
  const recording = () => createRecordEvents({ store: createRecordStore(database), policy, random: () => 0.5 });
  before(async () => {
    database = await schedulerDatabase(20);
  });
  beforeEach(() =>
    database.sql.query(
      'truncate lane, campaign, campaign_lane, recipient, recipient_block, recipient_fact, pool_pause, consumed cascade',
    ),
  );
  after(() => database[Symbol.asyncDispose]());

  const take = async (lane = 0): Promise<SendRequest[]> => {
    const lease = (await lanes().acquire(lane, 'a'))!;
    const takeSlice = createTakeSlice({ store: lanes(), limits: defaultSliceLimits, policy });
    const slice = await takeSlice({ lane, epoch: lease.epoch, produced: lease.lastSequence });
    return slice.kind === 'SLICE' ? slice.records.map((record) => sendRequestsTopic.decode(record) as SendRequest) : [];
  };
  const countsOf = async (id: string) => (await createCampaignStore(database).progress([id])).get(id)!.counts;

  it('moves recipients, counters and position together, and a replay changes nothing', async () => {
    const campaign = await makeSending(database, 100);
    const events = (await take()).map((request, index) => eventOf(request, index < 90 ? 'ACCEPTED' : 'BOUNCED'));
    const first = recording();
    assert.deepEqual([...(await first.assigned([0]))], [[0, 0]]);
    assert.equal(await first.record(batch(events)), 100);
    const counts = await countsOf(campaign.id);
    assert.deepEqual([counts.ACCEPTED, counts.BOUNCED, counts.IN_FLIGHT], [90, 10, 0]);
    const again = recording();
    assert.deepEqual([...(await again.assigned([0]))], [[0, 100]]);
    assert.equal(await again.record(batch(events)), 0);
    assert.deepEqual(await countsOf(campaign.id), counts);
    assert.deepEqual(await counterFaults(database), []);
  });

  it('does nothing for a process whose position another one has moved', async () => {
    const campaign = await makeSending(database, 10);
    const events = (await take()).map((request) => eventOf(request, 'ACCEPTED'));
    const [old, other] = [recording(), recording()];
    await old.assigned([0]);
    await other.assigned([0]);
    await other.record(batch(events.slice(0, 5)));
    const before = await countsOf(campaign.id);
    await assert.rejects(old.record(batch(events)), (error) => isAppError(error, 'CONFLICT'));
    assert.deepEqual(await countsOf(campaign.id), before);
  });

  it('keeps what is exceptional beside the recipient, and publishes a deferred one again with its hint', async () => {
    const campaign = await makeSending(database, 3);
    const [request] = await take();
    const record = recording();
    await record.assigned([0]);
    await record.record(batch([eventOf(request!, 'DEFERRED')]));
    const [shown] = await createCampaignStore(database).recipients(campaign.id, {
      state: 'DEFERRED',
      first: 5,
      after: -1,
    });
    assert.deepEqual([shown?.lastReply, shown?.tries, shown?.dueAt instanceof Date], ['450 4.2.0 later', 1, true]);
    const [retry, ...others] = await take();
    assert.equal(others.length, 0);
    assert.deepEqual([retry?.recipient, retry?.serverHint, retry?.tryNumber], [request!.recipient, 'server-1', 2]);
    await record.record(batch([eventOf(retry!, 'ACCEPTED')], 1));
    const progress = (await createCampaignStore(database).progress([campaign.id])).get(campaign.id)!;
    assert.deepEqual([progress.counts.ACCEPTED, progress.deferredThenAccepted], [1, 1]);
  });

  it('takes the recipients of a gap back, and doubts those of a lost ledger', async () => {
    const campaign = await makeSending(database, 20);
    await take();
    const record = recording();
    await record.assigned([0]);
    await record.record(batch([{ type: 'GAP', lane: 0, from: 5, to: 9, at: 0 }]));
    const afterGap = await countsOf(campaign.id);
    assert.deepEqual([afterGap.PENDING, afterGap.IN_FLIGHT], [5, 15]);
    const again = await take();
    assert.deepEqual(
      again.map(({ recipient }) => recipient).sort((a, b) => a - b),
      [5, 6, 7, 8, 9],
    );
    await record.record(batch([{ type: 'LOST', lane: 0, upTo: 21, at: 0 }], 1));
    const afterLoss = await countsOf(campaign.id);
    assert.deepEqual([afterLoss.UNKNOWN, afterLoss.IN_FLIGHT], [17, 3]);
    assert.deepEqual(await counterFaults(database), []);
  });

  it('passes over events of campaigns and recipients that are not there', async () => {
    const campaign = await makeSending(database, 1);
    const [request] = await take();
    const record = recording();
    await record.assigned([0]);
    const strange: Partial<OutcomeEvent>[] = [
      { campaignId: 'nonsense' },
      { recipient: 2 ** 40 },
      { recipient: -1 },
      { recipient: 5 },
    ];
    const events = [...strange.map((patch) => eventOf(request!, 'BOUNCED', patch)), eventOf(request!, 'ACCEPTED')];
    assert.equal(await record.record(batch(events)), 1);
    assert.equal((await countsOf(campaign.id)).ACCEPTED, 1);
  });

  it('pauses a pool without a server, says so, and ends the pause with the first message that was tried', async () => {
    const campaign = await makeSending(database, 2);
    const requests = await take();
    const record = recording();
    await record.assigned([0]);
    const released = requests.map((request) => eventOf(request, 'RELEASED', { reason: 'NO_SERVER' }));
    await record.record(batch(released));
    const campaigns = createCampaignStore(database);
    assert.equal((await campaigns.progress([campaign.id])).get(campaign.id)?.waitingFor, 'waiting for a server');
    assert.deepEqual(await take(), []);
    await database.sql.query('update pool_pause set until = 0');
    const [probe] = await take();
    await record.record(batch([eventOf(probe!, 'ACCEPTED')], 2));
    assert.equal((await campaigns.progress([campaign.id])).get(campaign.id)?.waitingFor, null);
    assert.deepEqual(await database.sql.query('select * from pool_pause'), []);
  });

  it('says which limit a campaign waits for, and that its content cannot be read', async () => {
    const campaign = await makeSending(database, 1);
    const waitingFor = async () =>
      (await createCampaignStore(database).progress([campaign.id])).get(campaign.id)?.waitingFor;
    const record = recording();
    await record.assigned([0]);
    const [request] = await take();
    assert.equal(await waitingFor(), null);
    await record.record(batch([eventOf(request!, 'RELEASED', { reason: 'LIMITED:messagesPerDay' })]));
    assert.equal(await waitingFor(), 'waiting for a limit of messages per day');
    await database.sql.query('update pool_pause set until = 0');
    const [probe] = await take();
    assert.equal(probe!.tryNumber, 1);
    await record.record(batch([eventOf(probe!, 'RELEASED', { reason: 'BAD_CONTENT' })], 1));
    assert.match((await waitingFor()) ?? '', /content that can be read/);
    await database.sql.query('update campaign_lane set held_at = held_at - 91000');
    await database.sql.query('delete from pool_pause');
    assert.equal(await waitingFor(), null);
  });

  it('pauses a pool for the lane whose sender has no server, whatever other lanes reach', async () => {
    const campaign = await makeSending(database, 1000, { lanes: 2 });
    const [first, second] = [await take(0), await take(1)];
    const record = recording();
    await record.assigned([0, 1]);
    await record.record(batch(first.map((request) => eventOf(request, 'RELEASED', { reason: 'NO_SERVER' }))));
    await record.record(batch([eventOf(second[0]!, 'ACCEPTED')], 0, 1));
    assert.deepEqual(await take(0), [], 'a message of another lane ended the pause');
    assert.equal((await countsOf(campaign.id)).PENDING, first.length);
  });

  it('keeps every counter equal to its rows through random outcomes, pauses and a cancel in many lanes at once', async () => {
    const laneCount = 3;
    const campaign = await makeSending(database, 3300, { lanes: laneCount, patch: { unknownPolicy: 'RESEND' } });
    const outcomes: Outcome[] = ['ACCEPTED', 'ACCEPTED', 'DEFERRED', 'BOUNCED', 'UNKNOWN', 'RELEASED'];
    const life = createCampaignLifeStore(database);
    const campaigns = createCampaignStore(database);
    const runLane = async (lane: number): Promise<void> => {
      const random = seededRandom(lane + 1);
      const pick = () => outcomes[Math.floor(random() * outcomes.length)]!;
      const record = recording();
      await record.assigned([lane]);
      let old: OutcomeEvent[] = [];
      let late: OutcomeEvent[] = [];
      for (let offset = 0, turn = 0; turn < 12; turn++) {
        const [requests] = await Promise.all([take(lane), record.record(batch(old, offset, lane))]);
        offset += old.length;
        // Some come twice, and some late: while their recipient may be published again, or the campaign is cancelled.
        const outcomesOf = (share: number) =>
          requests.filter(() => random() < share).map((request) => eventOf(request, pick()));
        old = [...late, ...outcomesOf(1), ...outcomesOf(0.2)].sort(() => random() - 0.5);
        late = outcomesOf(0.5);
      }
      await record.record(batch([...old, ...late], (await record.assigned([lane])).get(lane), lane));
    };
    const cancel = async (): Promise<void> => {
      await new Promise((resolve) => setTimeout(resolve, 150));
      await campaigns.change(campaign.id, () => ({ ok: true, value: { status: 'CANCELLED' } }));
      while ((await life.sweepChunk(campaign.number)) === 'MORE');
      await acknowledge(database, campaign.id);
    };
    await Promise.all([...Array.from({ length: laneCount }, (_, lane) => runLane(lane)), cancel()]);
    const counts = await countsOf(campaign.id);
    assert.deepEqual(await counterFaults(database), []);
    assert.deepEqual([counts.PENDING, counts.DEFERRED, counts.IN_FLIGHT], [0, 0, 0]);
    assert.ok(counts.CANCELLED > 0 && counts.ACCEPTED > 0 && counts.BOUNCED > 0 && counts.UNKNOWN > 0);
  });
});
