import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { OutcomeEvent, RotationVerdict } from '@sendpool/contracts';
import type { Database } from '@sendpool/database';
import { sleep } from '@sendpool/kernel';
import { createCountEvents } from '../domain/count-events.ts';
import { outcome, unknown } from '../domain/outcome.fixture.ts';
import { createCountStore } from './count.store.ts';
import { withDatabase } from './database.fixture.ts';
import { createPoolSendsStore } from './pool-sends.store.ts';
import { inRound } from './round.store.ts';
import { createVerdictStore } from './verdict.store.ts';

const count = async (database: Database, events: readonly OutcomeEvent[]): Promise<void> => {
  const counting = createCountEvents(createCountStore(database));
  const first = (await counting.assigned([0])).get(0) ?? 0;
  const numbered = events.map((event, at) => ({ offset: first + at, event }));
  await counting.count({ lane: 0, first, next: first + events.length, events: numbered });
};

const hour = 3_600_000;
const start = 480_000 * hour;

test('accepted, hard and block count for a pool and server; soft, deferred, unknown and nowhere do not', () =>
  withDatabase(async (database) => {
    const bounced = { outcome: 'BOUNCED', at: start } as const;
    await count(database, [
      outcome(0, { at: start }),
      outcome(1, { ...bounced, bounceClass: 'HARD' }),
      outcome(2, { ...bounced, bounceClass: 'BLOCK', campaignId: 'c2' }),
      outcome(3, { ...bounced, bounceClass: 'SOFT' }),
      outcome(4, { at: start, outcome: 'DEFERRED' }),
      unknown(5, { at: start, serverId: 'a' }),
      outcome(6, { at: start, poolId: null }),
      outcome(7, { at: start + 999, poolId: 'p2' }),
      outcome(8, { at: start + 1000, serverId: 'b' }),
    ]);
    const sends = createPoolSendsStore(database.sql);
    const pools = await sends.byPool(['p1', 'p2', 'p3'], start);
    assert.deepEqual(Object.fromEntries(pools.get('p1')!), {
      a: [{ at: start, sends: 3, bounced: 2 }],
      b: [{ at: start + 1000, sends: 1, bounced: 0 }],
    });
    assert.deepEqual(Object.fromEntries(pools.get('p2')!), { a: [{ at: start, sends: 1, bounced: 0 }] });
    assert.equal(pools.get('p3')?.size, 0);
    assert.equal((await sends.byPool(['p1'], start + 1)).get('p1')?.has('a'), false);
    assert.deepEqual(
      (
        await sends.campaigns(
          new Map([
            ['p1', start],
            ['p2', start],
            ['p3', 0],
          ]),
        )
      ).get('p1'),
      [
        { campaignId: 'c1', sends: 3, bounced: 1 },
        { campaignId: 'c2', sends: 1, bounced: 1 },
      ],
    );
    assert.deepEqual(Object.fromEntries(await sends.totals()), { p1: 4, p2: 1 });
  }));

test('an UNKNOWN that turns out to be a bounce is counted once, where it happened', () =>
  withDatabase(async (database) => {
    await count(database, [unknown(0, { at: start, serverId: 'a' })]);
    const late = outcome(0, { at: start + 5000, serverId: 'b', outcome: 'BOUNCED', bounceClass: 'HARD' });
    await count(database, [late, late]);
    const pools = await createPoolSendsStore(database.sql).byPool(['p1'], 0);
    assert.deepEqual(Object.fromEntries(pools.get('p1')!), { b: [{ at: start + 5000, sends: 1, bounced: 1 }] });
    const days = await database.sql.query('select server_id, attempted from server_day where attempted <> 0');
    assert.deepEqual(days, [{ server_id: 'b', attempted: 1 }]);
  }));

test('old buckets grow wide, keep their sums, and are dropped in the end', () =>
  withDatabase(async (database) => {
    const ages = [10, 11, 1000, 1001, 1070, 30_000, 31_000, 300_000];
    await count(
      database,
      ages.map((age, at) => outcome(at, { at: start - age * 1000, outcome: 'BOUNCED', bounceClass: 'HARD' })),
    );
    const sends = createPoolSendsStore(database.sql);
    for (const _ of [1, 2]) await sends.tidy(start, start - 72 * hour);
    const rows = (await sends.byPool(['p1'], 0)).get('p1')?.get('a');
    assert.deepEqual(
      rows?.map(({ at, sends: sent, bounced }) => [(start - at) / 1000, sent, bounced]),
      [
        [10, 1, 1],
        [11, 1, 1],
        [1020, 2, 2],
        [1080, 1, 1],
        [32_400, 2, 2],
      ],
    );
    assert.deepEqual((await sends.campaigns(new Map([['p1', 0]]))).get('p1'), [
      { campaignId: 'c1', sends: 7, bounced: 7 },
    ]);
  }));

test('one process at a time has the round, and none too soon', () =>
  withDatabase(async (database) => {
    const turns: string[] = [];
    const round = (name: string, everyMs: number, work = () => Promise.resolve()): Promise<boolean> =>
      inRound(database, { name: 'judge', everyMs }, async () => {
        turns.push(name);
        await work();
      });
    const both = await Promise.all([round('first', 0, () => sleep(300)), sleep(100).then(() => round('second', 0))]);
    assert.deepEqual(both, [true, false]);
    assert.equal(await round('soon', 60_000), false);
    await assert.rejects(round('failing', 0, () => Promise.reject(new Error('no'))));
    assert.equal(await round('again', 0), true);
    assert.deepEqual(turns, ['first', 'failing', 'again']);
  }));

const verdict = (id: string, facts: Partial<RotationVerdict> = {}): RotationVerdict => ({
  id,
  kind: 'WARN',
  poolId: 'p1',
  serverId: 'a',
  campaignIds: [],
  at: 1000,
  evidence: {
    rule: 'SIGNIFICANT',
    window: 500,
    sends: 500,
    bounced: 20,
    rate: 0.04,
    lowerBound: 0.01,
    needed: 0.062,
    restRate: null,
    z: null,
  },
  words: 'words',
  ...facts,
});

test('a verdict is stored once by its id, and stays to be told until it was told', () =>
  withDatabase(async ({ sql }) => {
    const verdicts = createVerdictStore(sql);
    await verdicts.add([verdict('v2', { at: 2000 }), verdict('v1')]);
    await verdicts.add([verdict('v1', { words: 'other words' }), verdict('v3', { poolId: 'p2', kind: 'BAD_LIST' })]);
    assert.deepEqual((await verdicts.unpublished()).slice(0, 2), [
      verdict('v1'),
      verdict('v3', { poolId: 'p2', kind: 'BAD_LIST' }),
    ]);
    await verdicts.published(['v1', 'v3']);
    assert.deepEqual(
      (await verdicts.unpublished()).map(({ id }) => id),
      ['v2'],
    );
  }));

test('the latest of a pool are its newest bad list and the newest eject of each server', () =>
  withDatabase(async ({ sql }) => {
    const verdicts = createVerdictStore(sql);
    const badList: Partial<RotationVerdict> = { kind: 'BAD_LIST', serverId: null, campaignIds: ['c1'] };
    const eject: Partial<RotationVerdict> = { kind: 'EJECT' };
    const newest = [
      verdict('a2', { ...eject, at: 2000 }),
      verdict('b1', { ...eject, serverId: 'b' }),
      verdict('l2', { ...badList, at: 3000 }),
    ];
    await verdicts.add([
      verdict('a1', eject),
      verdict('l1', badList),
      ...newest,
      verdict('w1', { at: 9000 }),
      verdict('other', { ...eject, poolId: 'p2', at: 9000 }),
    ]);
    const latest = await verdicts.latest(['p1', 'p2', 'nowhere']);
    assert.deepEqual(latest.get('p1'), newest);
    assert.deepEqual(
      latest.get('p2')?.map(({ id }) => id),
      ['other'],
    );
    assert.equal(latest.size, 2);
  }));
