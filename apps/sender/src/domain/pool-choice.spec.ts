import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { alwaysIn, type PoolConfig, type SendingServerConfig } from '@sendpool/contracts';
import { poolRecord, serverRecord } from '@sendpool/testing';
import type { Standing } from './eligibility.ts';
import type { Hold } from './limits-meter.ts';
import { createPoolChoice, type Choice, type PoolAsk } from './pool-choice.ts';

type Server = { -readonly [Key in keyof Standing]: Standing[Key] };

const serverOf = (id: string, change: Partial<SendingServerConfig> = {}): Server => ({
  config: serverRecord({ id, ...change }),
  connections: 10,
  factor: () => 1,
  hold: () => null,
  chosen: () => undefined,
  hasRoom: () => true,
});

const ask: PoolAsk = { provider: 'gmail', fromDomain: 'example.com', hint: null, tried: [], now: 0 };

const holdUntil = (until: number, change: Partial<Hold> = {}): Hold => ({
  limit: 'messagesPerSecond',
  provider: null,
  until,
  perSecond: 10,
  ...change,
});

/** As a server says it that is held back until then. */
const heldUntil =
  (until: number, change: Partial<Hold> = {}) =>
  (_provider: string, now: number): Hold | null =>
    until > now ? holdUntil(until, change) : null;

const setUp = (change: Partial<PoolConfig> = {}) => {
  const servers = new Map(['a', 'b', 'c'].map((id) => [id, serverOf(id)]));
  const deps = { server: (id: string) => servers.get(id), random: () => 0 };
  const choice = createPoolChoice<Server>(poolRecord({ a: 10, b: 5, c: 3 }, change), deps);
  const picks = (count: number, more: Partial<PoolAsk> = {}): string =>
    Array.from({ length: count }, () => nameOf(choice.choose({ ...ask, ...more }))).join(' ');
  return { servers, choice, picks, server: (id: string) => servers.get(id)! };
};

const nameOf = (choice: Choice<Server>): string => (choice.kind === 'SERVER' ? choice.server.config.id : choice.kind);

describe('the choice of a server', () => {
  it('follows the weights', () => assert.equal(setUp().picks(9), 'a b a c a b a a b'));

  for (const [why, change] of [
    ['is inactive', { state: 'INACTIVE' }],
    ['is not verified', { verified: false }],
    ['is deleted', { deleted: true }],
    ['may not send From this domain', { fromDomains: ['example.org'] }],
  ] as const)
    it(`passes over a server that ${why}, and the others share its part`, () => {
      const { servers, picks } = setUp();
      servers.set(
        'a',
        serverOf('a', {
          ...change,
          fromDomains: [...(('fromDomains' in change && change.fromDomains) || ['example.com'])],
        }),
      );
      assert.equal(picks(8), 'b c b b c b c b');
    });

  it('passes over a server with an open breaker, without a connection, or unknown here', () => {
    const { servers, server, picks } = setUp();
    server('a').factor = () => 0;
    server('b').connections = 0;
    assert.equal(picks(3), 'c c c');
    servers.delete('c');
    assert.equal(picks(1), 'NO_SERVER');
  });

  it('gives a server in slow start a part of its weight', () => {
    const { server, picks } = setUp();
    server('a').factor = () => 0.1;
    assert.equal(
      picks(9)
        .split(' ')
        .filter((name) => name === 'a').length,
      1,
    );
  });

  it('passes over a server at its declared rate, and waits for the earliest when all are', () => {
    const { server, choice, picks } = setUp();
    server('a').hold = heldUntil(50);
    assert.doesNotMatch(picks(8), /a/);
    server('b').hold = heldUntil(30);
    server('c').hold = heldUntil(40);
    assert.deepEqual(choice.choose(ask), { kind: 'WAIT', until: 30, by: holdUntil(30) });
    assert.equal(picks(1, { now: 30 }), 'b');
  });

  it('tells a limit towards the mailbox provider, also when another server is free sooner: others need not wait', () => {
    const { server, choice } = setUp();
    const towardsGmail = { limit: 'gmail messagesPerHour', provider: 'gmail' };
    server('a').hold = heldUntil(20);
    server('b').hold = heldUntil(50, towardsGmail);
    server('c').hold = heldUntil(30);
    assert.deepEqual(choice.choose(ask), { kind: 'WAIT', until: 20, by: holdUntil(50, towardsGmail) });
  });

  it('waits for a full server, because mere slowness must not change the shares', () => {
    const { server, picks } = setUp();
    server('a').hasRoom = () => false;
    assert.equal(picks(9), 'a b a c a b a a b');
  });

  it('takes the next server with room when the pool says OVERFLOW, and waits when none has', () => {
    const { server, choice, picks } = setUp({ whenBusy: 'OVERFLOW' });
    server('a').hasRoom = () => false;
    assert.doesNotMatch(picks(8), /a/);
    for (const id of ['b', 'c']) server(id).hasRoom = () => false;
    assert.deepEqual(choice.choose(ask), { kind: 'WAIT', until: null, by: null });
  });

  it('follows the hint of a deferred message, unless that server may not send now', () => {
    const { server, picks } = setUp();
    assert.equal(picks(2, { hint: 'c' }), 'c c');
    server('c').factor = () => 0;
    assert.equal(picks(1, { hint: 'c' }), 'a');
    assert.equal(picks(1, { hint: 'gone' }), 'b');
  });

  it('does not charge a hinted message again: the others get no surge afterwards', () => {
    const { picks } = setUp();
    picks(300, { hint: 'a' });
    assert.equal(picks(9), 'a b a c a b a a b');
  });

  it('tries each server once, and three at most', () => {
    const { picks } = setUp();
    assert.equal(picks(1, { tried: ['a'] }), 'b');
    assert.equal(picks(1, { tried: ['a', 'b'] }), 'c');
    assert.equal(picks(1, { tried: ['a', 'b', 'c'] }), 'SERVERS_FAILED');
    assert.equal(picks(1, { tried: ['x', 'y', 'z'] }), 'SERVERS_FAILED');
  });

  it('tells a message that failed everywhere from a pool that has no server any more', () => {
    const { servers, picks } = setUp();
    for (const server of servers.values()) server.factor = () => 0;
    assert.equal(picks(1, { tried: ['a', 'b', 'c'] }), 'NO_SERVER');
    assert.equal(picks(1, { tried: ['a'] }), 'NO_SERVER');
    servers.get('a')!.factor = () => 1;
    assert.equal(picks(1, { tried: ['a'] }), 'SERVERS_FAILED');
    assert.equal(picks(1, { fromDomain: 'other.example' }), 'NO_SERVER');
  });

  it('keeps what members are owed when the weights change', () => {
    const { choice, picks } = setUp();
    assert.equal(picks(6), 'a b a c a b');
    choice.setPool(poolRecord({ a: 1, b: 1, c: 1 }));
    assert.equal(picks(6), 'a c b a c b');
  });

  it('never takes a member with weight 0, and none of a deleted pool', () => {
    const { choice, picks } = setUp();
    choice.setPool(poolRecord({ a: 0, b: 0, c: 3 }));
    assert.equal(picks(3), 'c c c');
    choice.setPool(poolRecord({ a: 1 }, { deleted: true }));
    assert.equal(picks(1), 'NO_SERVER');
  });

  it('gives nothing to a member that is rotated out, and a tenth of its weight to one on probation', () => {
    const { choice, picks } = setUp();
    const pool = poolRecord({ a: 10, b: 5, c: 5 });
    const withA = (state: 'OUT' | 'PROBATION'): PoolConfig => ({
      ...pool,
      members: pool.members.map((member) =>
        member.serverId === 'a' ? Object.assign({}, member, { rotation: { ...alwaysIn, state } }) : member,
      ),
    });
    choice.setPool(withA('OUT'));
    assert.doesNotMatch(picks(100), /a/);
    choice.setPool(withA('PROBATION'));
    const got = picks(110)
      .split(' ')
      .filter((name) => name === 'a').length;
    assert.ok(Math.abs(got - 10) <= 2, `a got ${got} of 110`);
  });

  it('keeps a provider at one server when the pool says AFFINITY, and spreads what has no provider', () => {
    const { server, picks } = setUp({ isp: 'AFFINITY' });
    const home = picks(1);
    assert.equal(picks(5), Array(5).fill(home).join(' '));
    assert.equal(new Set(picks(18, { provider: 'other' }).split(' ')).size, 3);
    server(home).factor = () => 0;
    const next = picks(1);
    assert.notEqual(next, home);
    assert.equal(picks(5), Array(5).fill(next).join(' '));
    server(home).factor = () => 1;
    assert.equal(picks(1), home);
  });
});
