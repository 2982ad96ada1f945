import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import type { RotationVerdict } from '@sendpool/contracts';
import fc from 'fast-check';
import { createFakePoolStore, createFakeRotationStore, createFakeServerStore } from './fake-stores.ts';
import { neverOut, type Pool } from './pool.ts';
import { createRestorePoolMember } from './restore-pool-member.ts';
import { createReturnMembers } from './return-members.ts';
import { outMs, rotate } from './rotate.ts';
import { createSettleVerdict } from './settle-verdict.ts';
import { memberWith, poolWith, serverWith, verdictWith } from './testing.ts';

const hour = 3_600_000;
const day = 24 * hour;
const at = Date.UTC(2026, 10, 24);
const [a, b, c] = ['a', 'b', 'c'] as const;
const all = { usable: new Set<string>([a, b, c]) };
const three = poolWith([memberWith(a, 10), memberWith(b, 5), memberWith(c, 5)]);
const on = (serverId: string, change: Partial<RotationVerdict> = {}) => verdictWith({ serverId, at, ...change });
const rotationOf = (pool: Pool | string, serverId: string) => {
  assert.ok(typeof pool !== 'string', JSON.stringify(pool));
  return pool.members.find((member) => member.serverId === serverId)!.rotation;
};
const sum = (members: Pool['members']): number => members.reduce((total, { weight }) => total + weight, 0);
const whyOf = (pool: Pool | string): string => {
  assert.ok(typeof pool === 'string', 'it was applied');
  return pool;
};

describe('rotate', () => {
  it('puts a member out for a day, with the words and the evidence of the verdict', () => {
    const verdict = on(b);
    const expected = {
      state: 'OUT',
      since: at,
      until: at + day,
      times: 1,
      reason: verdict.words,
      evidence: verdict.evidence,
    };
    assert.deepEqual(rotationOf(rotate(three, verdict, all), b), expected);
  });

  it('lets each time in a row last twice as long, seven days at most', () => {
    assert.deepEqual(
      [1, 2, 3, 4, 50].map((times) => outMs(times) / day),
      [1, 2, 4, 7, 7],
    );
    const pool = poolWith([memberWith(a, 1), memberWith(b, 1, { state: 'PROBATION', times: 2, since: at - 1 })]);
    const { state, times, until } = rotationOf(rotate(pool, on(b), all), b);
    assert.deepEqual([state, times, until], ['OUT', 3, at + 4 * day]);
  });

  it('never takes the last member through which mail can go', () => {
    assert.match(whyOf(rotate(poolWith([memberWith(a, 1)]), on(a), all)), /last member/);
    assert.match(whyOf(rotate(three, on(b), { usable: new Set([b]) })), /last member/);
    const rest = poolWith([memberWith(a, 5), memberWith(b, 5, { state: 'OUT' }), memberWith(c, 0)]);
    assert.match(whyOf(rotate(rest, on(a), all)), /last member/);
  });

  it('takes half of the weight and no more', () => {
    assert.equal(rotationOf(rotate(three, on(a), all), a).state, 'OUT');
    const heavy = poolWith([memberWith(a, 11), memberWith(b, 5), memberWith(c, 5)]);
    assert.match(whyOf(rotate(heavy, on(a), all)), /11 of 21/);
    const second = poolWith([memberWith(a, 10), memberWith(b, 5, { state: 'OUT' }), memberWith(c, 6)]);
    assert.match(whyOf(rotate(second, on(c), all)), /11 of 21/);
  });

  it('counts the weight of the servers that can send alone', () => {
    assert.match(whyOf(rotate(three, on(a), { usable: new Set([a, b]) })), /10 of 15/);
  });

  it('does nothing when the pool has rotating out OFF, for a stranger, and for what is out already', () => {
    const rotateOut = { rule: 'OFF', maxBounceRate: 0.03, minSends: 1000 } as const;
    assert.match(whyOf(rotate({ ...three, rotateOut }, on(b), all)), /OFF/);
    assert.match(whyOf(rotate(three, on('z'), all)), /no member/);
    const out = poolWith([memberWith(a, 5), memberWith(b, 5, { state: 'OUT' })]);
    assert.match(whyOf(rotate(out, on(b), all)), /out already/);
  });

  it('does nothing for a finding that is older than the present rotation', () => {
    const restored = poolWith([memberWith(a, 5), memberWith(b, 5, { since: at + 1 })]);
    assert.match(whyOf(rotate(restored, on(b), all)), /changed after/);
  });

  it('begins probation on RETURN, and ends it with a clean record on PROMOTE', () => {
    const out = poolWith([
      memberWith(a, 5),
      memberWith(b, 5, { state: 'OUT', until: at + day, times: 2, reason: 'x' }),
    ]);
    const back = rotate(out, on(b, { kind: 'RETURN' }), all);
    const { state, until, times, since } = rotationOf(back, b);
    assert.deepEqual([state, until, times, since], ['PROBATION', null, 2, at]);
    const promoted = rotationOf(rotate(back as Pool, on(b, { kind: 'PROMOTE', at: at + 1 }), all), b);
    assert.deepEqual([promoted.state, promoted.times, promoted.since], ['IN', 0, at + 1]);
    assert.match(whyOf(rotate(three, on(b, { kind: 'RETURN' }), all)), /not out/);
    assert.match(whyOf(rotate(three, on(b, { kind: 'PROMOTE' }), all)), /not on probation/);
  });

  it('leaves a usable member and half of the usable weight in, whatever verdicts come', () => {
    const ids = ['0', '1', '2', '3', '4'];
    const step = fc.record({ serverId: fc.constantFrom(...ids), kind: fc.constantFrom('EJECT', 'RETURN', 'PROMOTE') });
    const weights = fc.array(fc.integer({ min: 1, max: 100 }), { minLength: 5, maxLength: 5 });
    fc.assert(
      fc.property(weights, fc.array(step, { maxLength: 30 }), (sizes, steps) => {
        let pool = poolWith(sizes.map((weight, place) => memberWith(ids[place]!, weight)));
        for (const [place, change] of steps.entries()) {
          const next = rotate(pool, verdictWith({ ...change, at: at + place }), { usable: new Set(ids) });
          if (typeof next !== 'string') pool = next;
          const out = pool.members.filter(({ rotation }) => rotation.state === 'OUT');
          assert.ok(out.length < 5 && sum(out) * 2 <= sum(pool.members));
        }
      }),
      { numRuns: 200 },
    );
  });
});

describe('settling verdicts', () => {
  let servers = createFakeServerStore();
  let pools = createFakePoolStore();
  let rotations = createFakeRotationStore(pools.rows);
  const one = serverWith({ id: 'one' });
  const two = serverWith({ id: 'two' });
  const pool = poolWith([memberWith('one', 1), memberWith('two', 1)]);
  const settle = (change: Partial<RotationVerdict>) =>
    createSettleVerdict({ servers, rotations })(verdictWith({ poolId: pool.id, serverId: 'two', at, ...change }));
  const entries = async () =>
    (await rotations.page([pool.id], 10)).get(pool.id)!.map(({ verdict, applied, whyNot }) => ({
      kind: verdict.kind,
      applied,
      whyNot,
    }));

  beforeEach(async () => {
    servers = createFakeServerStore();
    pools = createFakePoolStore();
    rotations = createFakeRotationStore(pools.rows);
    for (const server of [one, two]) await servers.insert(server);
    await pools.insert(pool);
  });

  it('brings a verdict into force once, and keeps what became of it', async () => {
    const id = 'the same';
    await settle({ id });
    await settle({ id });
    assert.equal(pools.rows.get(pool.id)?.revision, 2);
    assert.equal(pools.rows.get(pool.id)?.members[1]?.rotation.state, 'OUT');
    assert.deepEqual(await entries(), [{ kind: 'EJECT', applied: true, whyNot: null }]);
  });

  it('keeps one entry for a reason that lasts, and applies what is found again once the reason is gone', async () => {
    await servers.save({ ...one, revision: 2, state: 'INACTIVE' });
    const results = [];
    for (const minutes of [0, 5, 10, 5]) results.push(await settle({ at: at + minutes * 60_000 }));
    assert.deepEqual(results, ['NOT_APPLIED', 'NOT_APPLIED', 'NOT_APPLIED', 'KNOWN']);
    const [entry, ...others] = (await rotations.page([pool.id], 10)).get(pool.id) ?? [];
    assert.deepEqual([entry?.verdict.at, others.length], [at + 10 * 60_000, 0]);
    await servers.save({ ...one, revision: 3 });
    assert.equal(await settle({ at: at + 15 * 60_000 }), 'APPLIED');
    assert.deepEqual(
      (await entries()).map(({ applied }) => applied),
      [true, false],
    );
  });

  it('keeps an entry for each reason, and for a reason that comes back', async () => {
    const rotateOut = { ...pool.rotateOut, rule: 'OFF' } as const;
    await servers.save({ ...one, revision: 2, state: 'INACTIVE' });
    for (const [minutes, rule] of [
      [0, pool.rotateOut],
      [5, rotateOut],
      [10, pool.rotateOut],
    ] as const) {
      pools.rows.set(pool.id, { ...pool, rotateOut: rule });
      await settle({ at: at + minutes * 60_000 });
    }
    assert.deepEqual(
      (await entries()).map(({ whyNot }) => whyNot?.includes('OFF')),
      [false, true, false],
    );
  });

  it('takes a member out for a bare rate where the pool says LITERAL, and a person puts it back in', async () => {
    pools.rows.set(pool.id, { ...pool, rotateOut: { rule: 'LITERAL', maxBounceRate: 0.03, minSends: 2500 } });
    const evidence = { ...verdictWith().evidence, rule: 'LITERAL', sends: 2500, bounced: 76, rate: 0.0304 } as const;
    await settle({ evidence, words: '3.04 % over 2,500 sends: above 3 %' });
    const { state, reason, evidence: kept } = pools.rows.get(pool.id)!.members[1]!.rotation;
    assert.deepEqual([state, reason, kept], ['OUT', '3.04 % over 2,500 sends: above 3 %', evidence]);
    await createRestorePoolMember({ pools, now: () => new Date(at + hour) })({ poolId: pool.id, serverId: 'two' });
    assert.equal(pools.rows.get(pool.id)?.members[1]?.rotation.state, 'IN');
  });

  it('looks at the servers itself: the last one that can send stays', async () => {
    await servers.save({ ...one, revision: 2, state: 'INACTIVE' });
    await settle({});
    assert.equal(pools.rows.get(pool.id)?.revision, 1);
    assert.match((await entries())[0]!.whyNot!, /last member/);
  });

  it('keeps warnings and bad lists without changing anything', async () => {
    await settle({ kind: 'WARN' });
    await settle({ kind: 'BAD_LIST', serverId: null });
    assert.deepEqual(
      (await entries()).map(({ kind, applied }) => [kind, applied]),
      [
        ['BAD_LIST', false],
        ['WARN', false],
      ],
    );
    assert.equal(pools.rows.get(pool.id), pool);
  });

  it('holds the warm-up of a server once a day', async () => {
    const warmUp = { startsAt: at, heldDays: 0, heldOn: null, perDay: [50, 100], providers: [] };
    await servers.save({ ...two, revision: 2, warmUp });
    for (const hours of [1, 5]) await settle({ kind: 'HOLD_WARM_UP', at: at + hours * hour });
    assert.deepEqual(servers.rows.get('two')?.warmUp, { ...warmUp, heldDays: 1, heldOn: at });
    assert.deepEqual(
      (await entries()).map(({ applied }) => applied),
      [false, true],
    );
    await settle({ kind: 'HOLD_WARM_UP', serverId: 'nobody' });
    assert.match((await entries())[0]!.whyNot!, /no sending server/);
  });

  it('ends the time out of members that are due', async () => {
    await settle({});
    const returnAt = (now: number) => createReturnMembers({ pools, now: () => new Date(now) })();
    await returnAt(at + day - 1);
    assert.equal(pools.rows.get(pool.id)?.members[1]?.rotation.state, 'OUT');
    await returnAt(at + day);
    await returnAt(at + day);
    const { members, revision } = pools.rows.get(pool.id)!;
    assert.deepEqual([members[1]?.rotation.state, members[1]?.rotation.times, revision], ['PROBATION', 1, 3]);
  });

  it('lets a person put a member back in, and an older finding does not take it out again', async () => {
    await settle({});
    const restore = createRestorePoolMember({ pools, now: () => new Date(at + hour) });
    const input = { poolId: pool.id, serverId: 'two' };
    for (const _ of [1, 2]) assert.ok((await restore(input)).ok);
    const { members, revision } = pools.rows.get(pool.id)!;
    const expected = { ...neverOut, since: at + hour, reason: 'Put back in by hand.' };
    assert.deepEqual([members[1]?.rotation, revision], [expected, 3]);
    await settle({ at: at + 1 });
    assert.match((await entries())[0]!.whyNot!, /changed after/);
  });

  it('says which of pool and member is not there when one is put back', async () => {
    const restore = createRestorePoolMember({ pools, now: () => new Date(at) });
    const pathOf = async (poolId: string, serverId: string) => {
      const result = await restore({ poolId, serverId });
      return result.ok ? [] : [result.errors[0]!.code, ...result.errors[0]!.path!];
    };
    assert.deepEqual(await pathOf('nowhere', 'one'), ['NOT_FOUND', 'input', 'poolId']);
    assert.deepEqual(await pathOf(pool.id, 'nobody'), ['NOT_FOUND', 'input', 'serverId']);
  });
});
