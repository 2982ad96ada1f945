import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { CampaignLifeStore } from '../domain/campaign-life.ts';
import type { CampaignStore } from '../domain/campaign.ts';
import { createCampaignLifeStore } from './campaign-life.store.ts';
import { createCampaignStore } from './campaign.store.ts';
import { prepareChunk } from './prepare-chunk.ts';
import { makeAudience, makeCampaign, schedulerDatabase, type TestDatabase } from './testing.ts';

/** Recipients as they are when they are of the campaign they are asked of. */
const own = (...numbers: number[]) => numbers.map((number) => [true, number]);

describe('a campaign on its way', () => {
  let database: TestDatabase;
  let life: CampaignLifeStore;
  let campaigns: CampaignStore;
  before(async () => {
    database = await schedulerDatabase();
    life = createCampaignLifeStore(database);
    campaigns = createCampaignStore(database);
  });
  after(() => database[Symbol.asyncDispose]());

  const prepared = async (count: number, lanes = 4) => {
    const audienceId = await makeAudience(database, count);
    const campaign = await makeCampaign(database, audienceId, { status: 'PREPARING', startedAt: new Date() });
    while ((await life.prepareChunk(campaign.number, lanes)) === 'MORE');
    return campaign;
  };
  const lanesOf = (campaign: number) =>
    database.sql.query<{ lane: number; count: number }>(
      'select lane, count(*)::int as count from recipient where campaign = $1 group by lane order by lane',
      [campaign],
    );
  const recipientsOf = (campaign: number) =>
    database.sql.query<{ seq: number; contact_id: number }>(
      'select seq, contact_id from recipient where campaign = $1 order by seq',
      [campaign],
    );
  const set = (id: string, status: 'PAUSED' | 'CANCELLED' | 'PREPARING') =>
    campaigns.change(id, () => ({ ok: true, value: { status } }));

  it('writes every contact down once, numbers dense, blocks of 500 round the lanes, and then sends', async () => {
    const campaign = await prepared(2200);
    const rows = await recipientsOf(campaign.number);
    assert.deepEqual(
      rows.map(({ seq }) => seq),
      Array.from({ length: 2200 }, (_, seq) => seq),
    );
    assert.equal(new Set(rows.map((row) => row.contact_id)).size, 2200);
    const counts = (await lanesOf(campaign.number)).map(({ count }) => count).sort((a, b) => a - b);
    assert.deepEqual(counts, [500, 500, 500, 700]);
    const stored = await campaigns.find(campaign.id);
    assert.deepEqual([stored?.status, stored?.prepared, stored?.revision], ['SENDING', true, 2]);
    assert.equal((await campaigns.progress([campaign.id])).get(campaign.id)?.counts.PENDING, 2200);
  });

  it('goes on where it was after a crash, whatever happened to the number of lanes and the audience', async () => {
    const audienceId = await makeAudience(database, 2200);
    const campaign = await makeCampaign(database, audienceId, { status: 'PREPARING' });
    const step = (lanes: number) =>
      database.transaction((tx) => prepareChunk(tx, { campaign: campaign.number, lanes, chunk: 1000 }));
    assert.equal(await step(4), 'MORE');
    await assert.rejects(
      database.transaction(async (tx) => {
        await prepareChunk(tx, { campaign: campaign.number, lanes: 4, chunk: 1000 });
        throw new Error('the process was killed');
      }),
    );
    await database.sql.query(
      `insert into contact (audience, email, fields) select number, 'late@example.com', '{}' from audience where id = $1`,
      [audienceId],
    );
    assert.deepEqual([await step(6), await step(6), await step(6)], ['MORE', 'PREPARED', 'DONE']);
    const rows = await recipientsOf(campaign.number);
    assert.deepEqual(
      rows.map(({ seq }) => seq),
      Array.from({ length: 2200 }, (_, seq) => seq),
    );
    assert.equal(new Set(rows.map((row) => row.contact_id)).size, 2200);
    const [blocks] = await database.sql.query(
      `select count(*)::int as wrong from recipient join recipient_block block
       on block.campaign = recipient.campaign and block.block = recipient.seq / 500
       where recipient.campaign = $1 and block.lane <> recipient.lane`,
      [campaign.number],
    );
    assert.deepEqual(blocks, { wrong: 0 });
  });

  it('stops preparing when it is paused, and goes on when it is resumed', async () => {
    const audienceId = await makeAudience(database, 700);
    const campaign = await makeCampaign(database, audienceId, { status: 'PREPARING' });
    await set(campaign.id, 'PAUSED');
    assert.equal(await life.prepareChunk(campaign.number, 4), 'DONE');
    assert.equal((await recipientsOf(campaign.number)).length, 0);
    await set(campaign.id, 'PREPARING');
    await life.prepareChunk(campaign.number, 4);
    assert.equal((await recipientsOf(campaign.number)).length, 700);
  });

  it('counts suppressed contacts as SUPPRESSED and never as PENDING', async () => {
    const audienceId = await makeAudience(database, 10);
    await database.sql.query(
      `update contact set suppressed_at = now() from audience where audience.number = contact.audience
       and audience.id = $1 and email in ('c3@example.com', 'c4@example.com')`,
      [audienceId],
    );
    const campaign = await makeCampaign(database, audienceId, { status: 'PREPARING' });
    await life.prepareChunk(campaign.number, 4);
    const counts = (await campaigns.progress([campaign.id])).get(campaign.id)?.counts;
    assert.deepEqual([counts?.PENDING, counts?.SUPPRESSED], [8, 2]);
    const page = await campaigns.recipients(campaign.id, { state: 'SUPPRESSED', first: 10, after: -1 });
    assert.deepEqual(
      page.map(({ email }) => email),
      ['c3@example.com', 'c4@example.com'],
    );
  });

  it('sweeps PENDING and DEFERRED of a cancelled campaign and leaves IN_FLIGHT alone', async () => {
    const campaign = await prepared(1200);
    await database.sql.query('update recipient set state = 1 where campaign = $1 and seq < 100', [campaign.number]);
    await database.sql.query('update recipient set state = 3 where campaign = $1 and seq between 100 and 109', [
      campaign.number,
    ]);
    await database.sql.query(
      `update campaign_lane set pending = pending - 110, in_flight = 100, deferred = 10
       where campaign = $1 and lane = (select lane from recipient where campaign = $1 and seq = 0)`,
      [campaign.number],
    );
    await set(campaign.id, 'CANCELLED');
    assert.deepEqual((await life.workWaiting()).sweep, [campaign.number]);
    while ((await life.sweepChunk(campaign.number)) === 'MORE');
    const counts = (await campaigns.progress([campaign.id])).get(campaign.id)?.counts;
    assert.deepEqual([counts?.PENDING, counts?.DEFERRED, counts?.IN_FLIGHT, counts?.CANCELLED], [0, 0, 100, 1100]);
    assert.deepEqual((await life.workWaiting()).sweep, []);
  });

  it('is FINISHED only when nothing waits, is in flight, or is in doubt for too short a time', async () => {
    const campaign = await prepared(3);
    const lane = (text: string) =>
      database.sql.query(`update campaign_lane set ${text} where campaign = ${campaign.number}`);
    const finish = () => life.finishIfDone(campaign.number, new Date(100_000), 60_000);
    assert.equal(await finish(), false);
    await lane('pending = 0, in_flight = 3');
    assert.equal(await finish(), false);
    await lane('in_flight = 0, unknown = 1, accepted = 2, last_unknown_at = 50000');
    assert.equal(await finish(), false);
    await lane('last_unknown_at = 40000');
    await database.sql.query(
      `insert into recipient_fact (campaign, seq, lane, due_at, unknowns, gaps, copy_accepted) values ($1, 0, 0, 1, 1, 0, false)`,
      [campaign.number],
    );
    assert.equal(await finish(), false, 'an UNKNOWN one is to be sent again');
    await database.sql.query('update recipient_fact set due_at = null');
    assert.deepEqual((await life.workWaiting()).finish, [campaign.number]);
    assert.equal(await finish(), true);
    const stored = await campaigns.find(campaign.id);
    assert.deepEqual([stored?.status, stored?.finishedAt, stored?.revision], ['FINISHED', new Date(100_000), 3]);
    assert.equal(await finish(), false);
  });

  it('starts at its time', async () => {
    const audienceId = await makeAudience(database, 1);
    const at = { status: 'SCHEDULED', scheduledAt: new Date(5000) } as const;
    const campaign = await makeCampaign(database, audienceId, at);
    assert.deepEqual(await life.dueToStart(new Date(4999)), []);
    assert.deepEqual(await life.dueToStart(new Date(5000)), [campaign.id]);
  });

  it('shows the same page of many campaigns, each with its own recipients, by all states and by one', async () => {
    const [one, two, none] = [await prepared(5), await prepared(3), await prepared(0)];
    await database.sql.query('update recipient set state = 4 where campaign = $1 and seq in (1, 3)', [one.number]);
    await database.sql.query(
      `insert into recipient_fact (campaign, seq, lane, unknowns, gaps, copy_accepted) select campaign, seq, lane, 0, 0, false from recipient where campaign = $1 and seq in (1, 3)`,
      [one.number],
    );
    const ids = [one.id, none.id, two.id];
    const numbersOf = async (state: 'BOUNCED' | null, after: number) => {
      const pages = await campaigns.recipientsOf(ids, { state, first: 2, after });
      return ids.map((id) => (pages.get(id) ?? []).map(({ campaignId, number }) => [campaignId === id, number]));
    };
    assert.deepEqual(await numbersOf(null, 0), [own(1, 2, 3), [], own(1, 2)]);
    assert.deepEqual(await numbersOf('BOUNCED', 1), [own(3), [], []]);
  });
});
