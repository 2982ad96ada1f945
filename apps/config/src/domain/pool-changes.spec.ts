import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import { alwaysIn } from '@sendpool/contracts';
import { newId } from '@sendpool/kernel';
import fc from 'fast-check';
import type { PoolMemberInput } from './check-pool.ts';
import { createCreatePool } from './create-pool.ts';
import { createFakePoolStore, createFakeServerStore } from './fake-stores.ts';
import { neverOut, poolMayBeFrom, toPoolRecord, type Pool } from './pool.ts';
import type { Result } from './result.ts';
import { sharesOf } from './shares.ts';
import { memberWith, poolWith, serverWith } from './testing.ts';
import { createUpdatePool } from './update-pool.ts';

const one = serverWith({});
const two = serverWith({});
let servers = createFakeServerStore();
let pools = createFakePoolStore();
const create = (members: readonly PoolMemberInput[], name = 'Pool') =>
  createCreatePool({ servers, pools, newId })({ name, members });
const pathsOf = (result: Result<unknown>) => (result.ok ? [] : result.errors.map(({ path }) => path!.join('.')));
const valueOf = (result: Result<Pool>): Pool => {
  assert.ok(result.ok, JSON.stringify(result));
  return result.value;
};

beforeEach(async () => {
  servers = createFakeServerStore();
  pools = createFakePoolStore();
  for (const server of [one, two]) await servers.insert(server);
});

describe('creating a pool', () => {
  it('keeps weights and roles, and says the same on the topic', async () => {
    const members = [
      { serverId: one.id, weight: 85, role: ' Main delivery ' },
      { serverId: two.id, weight: 0 },
    ];
    const pool = valueOf(await create(members));
    const expected = [
      { serverId: one.id, weight: 85, role: 'Main delivery' },
      { serverId: two.id, weight: 0, role: null },
    ];
    const withRotation = (rotation: object) => expected.map((member) => Object.assign({}, member, { rotation }));
    assert.deepEqual([pool.members, pool.whenBusy, pool.revision], [withRotation(neverOut), 'KEEP_WEIGHTS', 1]);
    assert.deepEqual(toPoolRecord(pool).members, withRotation(alwaysIn));
  });

  const member = (weight: number, serverId = one.id, role: string | null = null) => ({ serverId, weight, role });
  const cases: [string, PoolMemberInput[], string[]][] = [
    ['no member', [], ['input.members']],
    ['only weights of 0', [member(0), member(0, two.id)], ['input.members']],
    ['a weight below 0', [member(-1), member(1, two.id)], ['input.members.0.weight']],
    ['a weight that is not whole', [member(1.5)], ['input.members.0.weight']],
    ['a weight above 1,000,000', [member(1_000_001)], ['input.members.0.weight']],
    ['a weight that is no number', [member(Number.NaN)], ['input.members.0.weight']],
    ['a server twice', [member(1), member(2)], ['input.members.1.serverId']],
    ['an unknown server', [member(1, newId()), member(1)], ['input.members.0.serverId']],
    ['a role of 101 characters', [member(1, one.id, 'x'.repeat(101))], ['input.members.0.role']],
    ['5,000 members, without a word on each', Array.from({ length: 5000 }, () => member(-1)), ['input.members']],
    ['a line break in a role', [member(1, one.id, 'a\nb')], ['input.members.0.role']],
  ];
  for (const [what, members, paths] of cases)
    it(`refuses ${what}`, async () => assert.deepEqual(pathsOf(await create(members)), paths));

  it('takes 64 members and refuses 65', async () => {
    const many = Array.from({ length: 65 }, () => serverWith({}));
    for (const server of many) await servers.insert(server);
    const members = many.map(({ id }) => member(1, id));
    assert.deepEqual(pathsOf(await create(members)), ['input.members']);
    assert.equal(valueOf(await create(members.slice(1))).members.length, 64);
  });

  it('refuses a name that another pool has', async () => {
    valueOf(await create([member(1)]));
    assert.deepEqual(pathsOf(await create([member(1)], 'pool')), ['input.name']);
  });
});

describe('updating a pool', () => {
  it('replaces the whole list of members and leaves the rest', async () => {
    const { id } = valueOf(await create([{ serverId: one.id, weight: 1 }]));
    const update = createUpdatePool({ servers, pools, now: () => 1000 });
    const pool = valueOf(await update({ id, members: [{ serverId: two.id, weight: 3 }] }));
    assert.deepEqual(pool, {
      ...pool,
      name: 'Pool',
      revision: 2,
      members: [memberWith(two.id, 3, { since: 1000 })],
    });
    assert.deepEqual(pathsOf(await update({ id, members: [] })), ['input.members']);
    assert.deepEqual(pathsOf(await update({ id, name: null })), ['input.name']);
    assert.deepEqual(pathsOf(await update({ id: newId() })), ['input.id']);
  });
});

describe('the rule of rotating out', () => {
  it('is SIGNIFICANT above 3 % and 1,000 sends with SPREAD, unless it is said otherwise', async () => {
    const pool = valueOf(await create([{ serverId: one.id, weight: 1 }]));
    assert.deepEqual(pool.rotateOut, { rule: 'SIGNIFICANT', maxBounceRate: 0.03, minSends: 1000 });
    assert.equal(pool.isp, 'SPREAD');
  });

  it('keeps what an update leaves out, and goes to the topic', async () => {
    const { id } = valueOf(await create([{ serverId: one.id, weight: 1 }]));
    const update = createUpdatePool({ servers, pools, now: () => 1000 });
    valueOf(await update({ id, rotateOut: { rule: 'LITERAL' }, providerMode: 'AFFINITY' }));
    const pool = valueOf(await update({ id, rotateOut: { minSends: 50 } }));
    const { rotateOut, isp } = toPoolRecord(pool);
    assert.deepEqual([rotateOut, isp], [{ rule: 'LITERAL', maxBounceRate: 0.03, minSends: 50 }, 'AFFINITY']);
    assert.deepEqual(pathsOf(await update({ id, rotateOut: null, providerMode: null })), [
      'input.providerMode',
      'input.rotateOut',
    ]);
  });

  for (const [rotateOut, path] of [
    [{ maxBounceRate: 0.0009 }, 'maxBounceRate'],
    [{ maxBounceRate: 0.51 }, 'maxBounceRate'],
    [{ maxBounceRate: Number.NaN }, 'maxBounceRate'],
    [{ minSends: 49 }, 'minSends'],
    [{ minSends: 1_000_001 }, 'minSends'],
    [{ rule: null }, 'rule'],
    [{ maxBounceRate: null }, 'maxBounceRate'],
    [{ minSends: null }, 'minSends'],
  ] as const)
    it(`refuses ${JSON.stringify(rotateOut)}`, async () => {
      const { id } = valueOf(await create([{ serverId: one.id, weight: 1 }]));
      const update = createUpdatePool({ servers, pools, now: () => 1000 });
      assert.deepEqual(pathsOf(await update({ id, rotateOut })), [`input.rotateOut.${path}`]);
    });

  it('keeps the rotation of members that stay, and takes new ones in', async () => {
    const pool = poolWith([memberWith(one.id, 1, { state: 'OUT', times: 2 })]);
    await pools.insert(pool);
    const members = [
      { serverId: two.id, weight: 1 },
      { serverId: one.id, weight: 7 },
    ];
    const next = valueOf(await createUpdatePool({ servers, pools, now: () => 1000 })({ id: pool.id, members }));
    assert.deepEqual(next.members, [
      memberWith(two.id, 1, { since: 1000 }),
      memberWith(one.id, 7, { state: 'OUT', times: 2 }),
    ]);
  });
});

describe('sharesOf', () => {
  const states = fc.record({
    weight: fc.integer({ min: 0, max: 1_000_000 }),
    state: fc.constantFrom('ACTIVE', 'INACTIVE'),
    status: fc.constantFrom('NEVER', 'PASSED', 'FAILED'),
  });

  it('gives usable members their part of the weight and all others 0, and the parts make a whole', () => {
    fc.assert(
      fc.property(fc.array(states, { minLength: 1, maxLength: 64 }), (rows) => {
        const members = rows.map(({ state, status, weight }) => {
          const verification = { status, at: null, failedStage: null, message: null };
          return { server: serverWith({ state, verification }), weight };
        });
        const pool = poolWith(members.map(({ server, weight }) => memberWith(server.id, weight)));
        const shares = sharesOf(pool, new Map(members.map(({ server }) => [server.id, server])));
        const usable = rows.map(({ state, status, weight }) =>
          state === 'ACTIVE' && status === 'PASSED' ? weight : 0,
        );
        const sum = usable.reduce((total, weight) => total + weight, 0);
        const expected = usable.map((weight) => (sum === 0 ? 0 : weight / sum));
        assert.deepEqual(shares, expected);
        const whole = shares.reduce((total, share) => total + share, 0);
        assert.ok(sum === 0 ? whole === 0 : Math.abs(whole - 1) < 1e-9);
      }),
      { numRuns: 100 },
    );
  });

  it('counts a member without a server as not usable', () => {
    const pool = poolWith([one, two].map(({ id }) => memberWith(id, 1)));
    assert.deepEqual(sharesOf(pool, new Map([[one.id, one]])), [1, 0]);
  });

  it('counts nothing of a member that is out, and a tenth of one on probation', () => {
    const third = serverWith({});
    const members = [
      memberWith(one.id, 10),
      memberWith(two.id, 50, { state: 'OUT' }),
      memberWith(third.id, 100, { state: 'PROBATION' }),
    ];
    const servers = new Map([one, two, third].map((server) => [server.id, server]));
    assert.deepEqual(sharesOf(poolWith(members), servers), [0.5, 0, 0.5]);
  });

  it('counts only members that may send From the domain', () => {
    const wide = serverWith({ fromDomains: ['*.example.org'] });
    const servers = new Map([one, wide].map((server) => [server.id, server]));
    const pool = poolWith([memberWith(one.id, 3), memberWith(wide.id, 1)]);
    assert.deepEqual(sharesOf(pool, servers), [0.75, 0.25]);
    assert.deepEqual(sharesOf(pool, servers, 'news.example.org'), [0, 1]);
    assert.deepEqual(sharesOf(pool, servers, 'example.net'), [0, 0]);
    const asked = ['example.com', 'news.example.org', 'example.net'].map((domain) =>
      poolMayBeFrom(pool, servers, domain),
    );
    assert.deepEqual(asked, [true, true, false]);
  });
});
