/** Two schedulers over one database: lanes are shared, a change at one is known to the other, and what both could do is done once. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { createDatabase, type Database } from '@sendpool/database';
import { sleep } from '@sendpool/kernel';
import { openWorld, type Client, type World } from './testing.ts';

const lanes = 6;

let world: World;
let one: Client;
let other: Client;
let database: Database;

before(async () => {
  world = await openWorld({ replicas: 2, lanes });
  [one, other] = world.clients as [Client, Client];
  database = await createDatabase({
    url: world.url,
    schema: 'scheduler',
    migrations: [],
    poolSize: 1,
    applicationName: 'spec',
  });
});

after(async () => {
  await database.close();
  await world.close();
});

/** Lanes held now, by owner. */
const shares = async (): Promise<number[]> => {
  const rows = await database.sql.query<{ count: number }>(
    'select count(*)::int as count from lane where owner is not null and lease_until > clock_timestamp() group by owner order by owner',
  );
  return rows.map(({ count }) => count).sort((a, b) => a - b);
};

const untilShares = async (wanted: readonly number[]): Promise<number> => {
  const began = performance.now();
  while (String(await shares()) !== String(wanted)) {
    assert.ok(performance.now() - began < 20_000, `lanes are held as ${String(await shares())}`);
    await sleep(20);
  }
  return performance.now() - began;
};

/** The longest time from `since` to the first request of a lane. */
const slowestLane = (since: number): number => {
  const first = new Map<number, number>();
  for (const { request, at } of world.senders.received)
    if (at >= since && !first.has(request.lane)) first.set(request.lane, at);
  assert.equal(first.size, lanes);
  return Math.max(...first.values()) - since;
};

/** The longest time without a request in a lane that had more. */
const longestPause = (): number => {
  const last = new Map<number, number>();
  let longest = 0;
  for (const { request, at } of world.senders.received) {
    longest = Math.max(longest, at - (last.get(request.lane) ?? at));
    last.set(request.lane, at);
  }
  return longest;
};

const checkOnce = (id: string, recipients: number): void => {
  const own = world.senders.received.filter(({ request }) => request.campaignId === id);
  assert.deepEqual([own.length, new Set(own.map(({ request }) => request.recipient)).size], [recipients, recipients]);
};

/** Statuses of a campaign in the order of its revisions, each revision once. */
const historyOf = async (id: string): Promise<string[]> => {
  while (!world.published.some((record) => record.id === id && record.status === 'FINISHED')) await sleep(20);
  const byRevision = new Map(
    world.published.filter((record) => record.id === id).map(({ revision, status }) => [revision, status]),
  );
  return [...byRevision].sort(([a], [b]) => a - b).map(([, status]) => status);
};

test('lanes are shared evenly, and a campaign that one starts or resumes is published at once in all of them', async (t) => {
  await untilShares([lanes / 2, lanes / 2]);
  const id = await one.makeCampaign(await one.makeAudience(2000 * lanes));
  const closed = Promise.withResolvers<void>();
  world.senders.gate = closed.promise;
  await other.act('startCampaign', id);
  while ((await one.look(id)).progress['inFlight']! < 1024 * lanes) await sleep(20);
  await other.act('pauseCampaign', id);
  closed.resolve();
  while ((await one.look(id)).progress['inFlight']! > 0) await sleep(20);
  const started = slowestLane(world.senders.received[0]!.at);
  world.senders.received.length = 0;
  const resumedAt = Date.now();
  await one.act('resumeCampaign', id);
  await one.until(id, 'FINISHED');
  const resumed = slowestLane(resumedAt);
  t.diagnostic(`the slowest lane began ${started} ms after the first, and ${resumed} ms after the resume`);
  // A lane that nobody wakes looks every three seconds.
  assert.ok(started < 2000 && resumed < 2000);
});

test('outcomes wake their lanes, whichever of the two records them', async (t) => {
  const recipients = 3000 * lanes;
  const id = await one.makeCampaign(await one.makeAudience(recipients));
  world.senders.received.length = 0;
  await other.act('startCampaign', id);
  await one.until(id, 'FINISHED');
  checkOnce(id, recipients);
  const times = world.senders.received.map(({ at }) => at);
  t.diagnostic(`${Math.round((1000 * recipients) / (times.at(-1)! - times[0]!))} messages/s`);
  // A lane that nobody wakes looks every three seconds.
  assert.ok(longestPause() < 2000, `${longestPause()} ms`);
});

test('campaigns that both could start, prepare, sweep and finish take each step once', async () => {
  world.senders.received.length = 0;
  const audience = await one.makeAudience(1200);
  const ids = await Promise.all(Array.from({ length: 6 }, (_, n) => world.clients[n % 2]!.makeCampaign(audience)));
  const at = new Date(Date.now() + 500);
  await Promise.all(ids.map((id, n) => world.clients[n % 2]!.schedule(id, at)));
  const [cancelled, ...others] = ids as [string, ...string[]];
  const gate = Promise.withResolvers<void>();
  world.senders.gate = gate.promise;
  while ((await one.look(cancelled)).progress['inFlight'] === 0) await sleep(20);
  await other.act('cancelCampaign', cancelled);
  gate.resolve();
  for (const id of others) {
    assert.equal((await one.until(id, 'FINISHED'))['accepted'], 1200);
    checkOnce(id, 1200);
    assert.deepEqual(await historyOf(id), ['PREPARING', 'SENDING', 'FINISHED']);
  }
  for (;;) {
    const { total, accepted, cancelled: swept, done } = (await one.look(cancelled)).progress;
    if (done === 1) {
      assert.equal(accepted! + swept!, total);
      break;
    }
    await sleep(20);
  }
  const faults = await database.sql.query(`select campaign from recipient group by campaign, seq having count(*) > 1`);
  assert.deepEqual(faults, []);
});

test('one that stops hands its lanes over at once, and one that comes takes its share', async (t) => {
  const recipients = 1500 * lanes;
  const id = await one.makeCampaign(await one.makeAudience(recipients));
  world.senders.received.length = 0;
  world.senders.gate = sleep(500);
  await one.act('startCampaign', id);
  await one.until(id, 'SENDING');
  const leaving = world.services.pop()!;
  assert.equal(await leaving.stop(10_000), true);
  t.diagnostic(`all lanes taken over ${Math.round(await untilShares([lanes]))} ms after the other had stopped`);
  assert.equal((await one.until(id, 'FINISHED'))['accepted'], recipients);
  checkOnce(id, recipients);
  await world.start();
  t.diagnostic(`lanes shared again ${Math.round(await untilShares([lanes / 2, lanes / 2]))} ms after one had come`);
});
