import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RotationVerdict } from '@sendpool/contracts';
import { poolRecord, serverRecord } from '@sendpool/testing';
import type { CampaignSends } from './evidence.ts';
import { createJudge, type JudgeStore } from './judge-round.ts';
import { createPoolBoard } from './pool-board.ts';
import { probationMs } from './judge.ts';
import { noon } from './pool.fixture.ts';
import type { SendBucket } from './send-series.ts';

/** A pool of a, b and c of which c is bad, over a store in memory that outlives a restart. */
const harness = () => {
  const board = createPoolBoard();
  for (const id of ['a', 'b', 'c']) board.apply(serverRecord({ id }));
  board.apply(poolRecord({ a: 1, b: 1, c: 1 }, { id: 'p1' }));
  const sends = new Map<string, SendBucket[]>(['a', 'b', 'c'].map((id) => [id, [bucket(id === 'c' ? 100 : 5)]]));
  const campaigns: CampaignSends[] = [];
  const state = { now: noon, isOurs: true, loads: 0, isLogDown: false, sendingSince: 0, campaigns };
  const stored = new Map<string, RotationVerdict>();
  const published = new Set<string>();
  const told: RotationVerdict[] = [];
  const store: JudgeStore = {
    sends: {
      totals: () =>
        Promise.resolve(new Map([['p1', [...sends.values()].flat().reduce((sum, one) => sum + one.sends, 0)]])),
      byPool: (ids) => {
        state.loads += 1;
        return Promise.resolve(new Map(ids.map((id) => [id, sends])));
      },
      campaigns: () => Promise.resolve(new Map([['p1', state.campaigns]])),
    },
    verdicts: {
      latest: () => {
        const newest = new Map<string | null, RotationVerdict>();
        for (const verdict of stored.values())
          if (verdict.kind === 'EJECT' || verdict.kind === 'BAD_LIST') newest.set(verdict.serverId, verdict);
        return Promise.resolve(new Map([['p1', [...newest.values()]]]));
      },
      add: (verdicts) => {
        for (const verdict of verdicts) if (!stored.has(verdict.id)) stored.set(verdict.id, verdict);
        return Promise.resolve();
      },
    },
  };
  const start = (): (() => Promise<void>) =>
    createJudge({
      board,
      inRound: async (work) => {
        if (state.isOurs) await work(store);
        return state.isOurs;
      },
      outbox: {
        unpublished: () => Promise.resolve([...stored.values()].filter(({ id }) => !published.has(id))),
        published: (ids) => Promise.resolve(ids.forEach((id) => published.add(id))),
      },
      publish: (verdicts) => {
        if (state.isLogDown) return Promise.reject(new Error('the log is away'));
        told.push(...verdicts);
        return Promise.resolve();
      },
      sendingSince: () => state.sendingSince,
      now: () => state.now,
    });
  const send = (id: string, more: SendBucket): unknown => sends.get(id)?.push(more);
  return { board, state, told, start, send };
};

const bucket = (bounced: number): SendBucket => ({ at: noon - 1000, sends: 1000, bounced });

test('a bad server is told once, and not again by the next round or after a restart', async () => {
  const { told, start, send, state } = harness();
  const round = start();
  await round();
  send('c', bucket(100));
  state.now += 2000;
  await round();
  await start()();
  assert.deepEqual(
    told.map(({ kind, serverId, poolId }) => [kind, serverId, poolId]),
    [['EJECT', 'c', 'p1']],
  );
  assert.deepEqual(Object.keys(told[0]!.evidence).toSorted(), [
    'bounced',
    'lowerBound',
    'needed',
    'rate',
    'restRate',
    'rule',
    'sends',
    'window',
    'z',
  ]);
});

test('a pool that got nothing new is not looked at', async () => {
  const { start, send, state, board } = harness();
  const round = start();
  await round();
  await round();
  assert.equal(state.loads, 1);
  send('a', bucket(0));
  await round();
  assert.equal(state.loads, 2);
  board.apply(poolRecord({ a: 1, b: 1, c: 1 }, { id: 'p1', revision: 2 }));
  await round();
  assert.equal(state.loads, 3);
});

test('what could not be told is told by a later round', async () => {
  const { told, start, state } = harness();
  const round = start();
  state.isLogDown = true;
  await assert.rejects(round(), /the log is away/);
  state.isLogDown = false;
  await round();
  assert.equal(told.length, 1);
});

test('a process whose turn it is not looks at nothing and tells nothing', async () => {
  const { told, start, state } = harness();
  state.isLogDown = true;
  await assert.rejects(start()());
  state.isLogDown = false;
  state.isOurs = false;
  await start()();
  assert.deepEqual([state.loads, told.length], [1, 0]);
});

test('while config has not rotated a server out yet, it counts as out', async () => {
  const { told, start, send, state } = harness();
  const round = start();
  await round();
  send('b', { at: noon, sends: 3000, bounced: 600 });
  state.now += 2000;
  await round();
  assert.deepEqual(
    told.map(({ kind, serverId }) => `${kind} ${serverId}`),
    ['EJECT c', 'WARN b'],
  );
  assert.match(told[1]!.words, /more than half of the weight/);
});

const minuteMs = 60_000;

test('a server that config did not rotate out is found again some minutes later, each time as a new finding', async () => {
  const { told, start, send, state } = harness();
  const round = start();
  for (state.now = noon; state.now < noon + 14 * minuteMs; state.now += 2000) {
    send('c', { at: state.now, sends: 10, bounced: 1 });
    await round();
  }
  assert.deepEqual(
    told.map(({ kind, serverId, at }) => [kind, serverId, (at - noon) / minuteMs]),
    [0, 5, 10].map((minute) => ['EJECT', 'c', minute]),
  );
  assert.equal(new Set(told.map(({ id }) => id)).size, 3);
});

test('a member that was put back in by hand answers for what it sends from then on, and at once', async () => {
  const { told, start, send, state, board } = harness();
  const round = start();
  await round();
  const restored = { state: 'IN', since: noon + 5000, until: null, times: 0, reason: 'by hand' } as const;
  const pool = poolRecord({ a: 1, b: 1, c: 1 }, { id: 'p1', revision: 3 });
  const [a, b, c] = pool.members;
  board.apply({ ...pool, members: [a!, b!, { ...c!, rotation: restored }] });
  state.now = noon + 10_000;
  for (const id of ['a', 'b']) send(id, { ...bucket(5), at: noon + 6000 });
  await round();
  assert.equal(told.length, 1);
  send('c', { ...bucket(100), at: noon + 6000 });
  await round();
  assert.deepEqual(
    told.map(({ kind, serverId, evidence }) => [kind, serverId, evidence.sends]),
    [
      ['EJECT', 'c', 1000],
      ['EJECT', 'c', 1000],
    ],
  );
});

test('LITERAL takes a server out that is barely above the limit, once it has sent enough', async () => {
  const { told, start, send, state, board } = harness();
  const rotateOut = { rule: 'LITERAL', maxBounceRate: 0.03, minSends: 2500 } as const;
  board.apply(poolRecord({ a: 1, b: 1, c: 1 }, { id: 'p1', revision: 2, rotateOut }));
  const round = start();
  send('b', { at: noon, sends: 1000, bounced: 60 });
  await round();
  const found = () => told.map(({ kind, serverId, evidence }) => `${kind} ${serverId} ${evidence.rule}`);
  assert.deepEqual(found(), ['WARN b LITERAL', 'WARN c LITERAL']);
  state.now += 2000;
  send('b', { at: noon + 1000, sends: 500, bounced: 11 });
  await round();
  assert.deepEqual(found().slice(2), ['EJECT b LITERAL']);
  assert.equal(told[2]?.words, '3.04 % over 2,500 sends: above 3 %');
});

test('a campaign that is resumed at once after a bad list is judged on what it sends then, and one that is not waits', async () => {
  const { told, start, send, state } = harness();
  const round = start();
  const sendBad = (at: number): void => ['a', 'b', 'c'].forEach((id) => void send(id, { at, sends: 500, bounced: 60 }));
  state.campaigns.push({ campaignId: 'bad', sends: 1500, bounced: 180 });
  sendBad(noon);
  await round();
  assert.deepEqual(
    told.map(({ kind }) => kind),
    ['BAD_LIST'],
  );
  state.now = noon + 4000;
  sendBad(noon + 1000);
  await round();
  assert.equal(told.length, 1, 'what was on its way when it was paused');
  state.sendingSince = noon + 2000;
  sendBad(noon + 3000);
  await round();
  assert.deepEqual(told.map(({ kind, evidence }) => [kind, evidence.sends]).slice(1), [['BAD_LIST', 1500]]);
});

test('a probation ends in time although nothing is sent', async () => {
  const { told, start, state, board } = harness();
  const round = start();
  const pool = poolRecord({ a: 1, b: 1, c: 1 }, { id: 'p1', revision: 2 });
  const rotation = { state: 'PROBATION', since: noon, until: null, times: 1, reason: '' } as const;
  const [a, b, c] = pool.members;
  board.apply({ ...pool, members: [a!, b!, { ...c!, rotation }] });
  await round();
  assert.deepEqual(told, []);
  state.now = noon + probationMs;
  await round();
  assert.deepEqual(
    told.map(({ kind, serverId }) => [kind, serverId]),
    [['PROMOTE', 'c']],
  );
});

test('a member comes back in time although nothing is sent', async () => {
  const { told, start, state, board } = harness();
  const round = start();
  const pool = poolRecord({ a: 1, b: 1, c: 1 }, { id: 'p1', revision: 2 });
  const out = { state: 'OUT', since: noon, until: noon + 5000, times: 1, reason: '' } as const;
  const [a, b, c] = pool.members;
  board.apply({ ...pool, members: [a!, b!, { ...c!, rotation: out }] });
  await round();
  assert.deepEqual(told, []);
  state.now = noon + 5000;
  await round();
  assert.deepEqual(
    told.map(({ kind, serverId }) => [kind, serverId]),
    [['RETURN', 'c']],
  );
});
