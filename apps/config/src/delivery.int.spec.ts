import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import {
  rotationVerdictsTopic,
  sendingConfigTopic,
  type PoolConfig,
  type SendingServerConfig,
} from '@sendpool/contracts';
import { freshDatabase, type TestDatabase } from '@sendpool/database/testing';
import { createEventLog, type EventLog } from '@sendpool/event-log';
import { newId, sleep } from '@sendpool/kernel';
import { startSink, type Sink } from '@sendpool/testing';
import { verdictWith } from './domain/testing.ts';
import { startHarness, type Harness } from './service-harness.ts';

type Refusal = { errors?: { code: string; path: string[] | null }[] };
type Rotation = { state: string; since: string | null; times: number; reason: string | null; evidence: object | null };
type Pool = {
  id: string;
  members: { share: number; rotation: Rotation }[];
  rotationVerdicts: {
    nodes: { kind: string; applied: boolean; notAppliedReason: string | null; server: { id: string } | null }[];
  };
};

const refused = '... on Refused { errors { code path } }';
const createServerText = `mutation ($input: CreateSendingServerInput!) { createSendingServer(input: $input) {
  ... on SendingServerPayload { server { id } } ${refused} } }`;
const verifyText = `mutation ($id: ID!) { verifySendingServer(input: { id: $id }) {
  ... on SendingServerPayload { server { id } } ${refused} } }`;
const createPoolText = `mutation ($input: CreatePoolInput!) { createPool(input: $input) {
  ... on PoolPayload { pool { id } } ${refused} } }`;
const poolFields = `id members { share rotation { state since until times reason evidence { windowSends sends judgedBounces judgedRate } } }
  rotationVerdicts(first: 10) { nodes { kind applied notAppliedReason words at server { id } evidence { lowerBound z } } }`;
const poolText = `query ($id: ID!) { pool(id: $id) { ${poolFields} } }`;
const restoreText = `mutation ($input: RestorePoolMemberInput!) { restorePoolMember(input: $input) {
  ... on PoolPayload { pool { ${poolFields} } } ${refused} } }`;

let database: TestDatabase;
let harness: Harness;
let eventLog: EventLog;
let sink: Sink;

before(async () => {
  database = await freshDatabase();
  sink = await startSink();
  harness = await startHarness(database.url);
  eventLog = await createEventLog({ url: database.url, applicationName: 'spec' });
});
after(async () => {
  await eventLog.close();
  await harness.stop();
  await sink.stop();
  await database[Symbol.asyncDispose]();
});

const createServer = async (change: object = {}): Promise<string> => {
  const base = { name: newId(), host: '127.0.0.1', port: sink.port, tls: 'NONE', fromDomains: ['example.com'] };
  const input = { ...base, ...change };
  const { server, errors } = await harness.get<Refusal & { server?: { id: string } }>(createServerText, { input });
  assert.ok(server, JSON.stringify(errors));
  await harness.get(verifyText, { id: server.id });
  return server.id;
};
const createPool = async (weights: Record<string, number>): Promise<string> => {
  const members = Object.entries(weights).map(([serverId, weight]) => ({ serverId, weight }));
  const input = { name: newId(), members };
  return (await harness.get<{ pool: { id: string } }>(createPoolText, { input })).pool.id;
};
const lastRecord = async <T>(key: string): Promise<T | undefined> => {
  const records = await eventLog.read(sendingConfigTopic.name, 0, 0, 10_000);
  const last = records.findLast((record) => record.key === key);
  return last && (sendingConfigTopic.decode(last.value) as T);
};
const publish = (verdict: ReturnType<typeof verdictWith> | string) =>
  eventLog.publish(rotationVerdictsTopic.name, [
    { partition: 0, key: 'k', value: typeof verdict === 'string' ? verdict : rotationVerdictsTopic.encode(verdict) },
  ]);
const within = async <T>(ms: number, look: () => Promise<T>, isWell: (value: T) => boolean): Promise<T> => {
  const end = performance.now() + ms;
  for (;;) {
    const value = await look();
    if (isWell(value)) return value;
    assert.ok(performance.now() < end, `not within ${ms} ms: ${JSON.stringify(value)}`);
    await sleep(10);
  }
};
const hasFiveADay = (record?: SendingServerConfig): boolean => record?.limits.messagesPerDay === 5;
const poolOf = (id: string) => harness.get<Pool>(poolText, { id });

describe('limits and warm-up over GraphQL', () => {
  it('keeps limits that an update leaves out, removes those it sets to null, and has them on the topic', async () => {
    const limits = {
      maxConnections: 4,
      messagesPerMinute: 60,
      messagesPerDay: 1000,
      whenLimited: 'WAIT',
      providers: [{ provider: 'gmail', messagesPerHour: 10 }],
    };
    const id = await createServer({ limits });
    const fields = 'maxConnections messagesPerMinute messagesPerDay whenLimited providers { provider messagesPerHour }';
    const text = `mutation ($input: UpdateSendingServerInput!) { updateSendingServer(input: $input) {
      ... on SendingServerPayload { server { limits { ${fields} } } } ${refused} } }`;
    const update = async (input: object) =>
      (await harness.get<{ server: { limits: object } }>(text, { input: { id, ...input } })).server.limits;
    assert.deepEqual(await update({ name: newId() }), limits);
    const next = { ...limits, messagesPerMinute: null, messagesPerDay: 5 };
    assert.deepEqual(await update({ limits: { messagesPerMinute: null, messagesPerDay: 5 } }), next);
    const record = await within(1000, () => lastRecord<SendingServerConfig>(`server:${id}`), hasFiveADay);
    assert.deepEqual([record?.limits.whenLimited, record?.limits.providers[0]?.messagesPerHour], ['WAIT', 10]);
  });

  it('shows where a warm-up is, holds it by verdict, and removes it with null', async () => {
    const linear = { firstDay: 50, perDayMore: 50, days: 5 };
    const providers = [{ provider: 'gmail', perDay: [5, 6, 7, 8, 9] }];
    const startsAt = new Date(Date.now() - 86_400_000).toISOString();
    const id = await createServer({ warmUp: { startsAt, schedule: { linear }, providers } });
    const text = `query ($id: ID!) { sendingServer(id: $id) { warmUp {
      day limitToday perDay heldDays finished providers { provider limitToday } } } }`;
    type Server = { warmUp: { day: number; heldDays: number } | null };
    const look = () => harness.get<Server>(text, { id });
    const perDay = [50, 100, 150, 200, 250];
    const second = { day: 2, limitToday: 100, perDay, heldDays: 0, finished: false };
    assert.deepEqual((await look()).warmUp, { ...second, providers: [{ provider: 'gmail', limitToday: 6 }] });
    const verdict = { kind: 'HOLD_WARM_UP', serverId: id, at: Date.now() } as const;
    for (const _ of [1, 2]) await publish(verdictWith(verdict));
    const held = await within(3000, look, ({ warmUp }) => warmUp?.heldDays === 1);
    assert.equal(held.warmUp?.day, 1);
    const drop = `mutation ($id: ID!) { updateSendingServer(input: { id: $id, warmUp: null }) { __typename } }`;
    await harness.get(drop, { id });
    assert.equal((await look()).warmUp, null);
  });
});

describe('rotating out', () => {
  it('has an ejection on the topic within a second of its verdict, shows it, and a person can undo it', async () => {
    const [good, bad] = [await createServer(), await createServer()];
    const poolId = await createPool({ [good]: 1, [bad]: 1 });
    const verdict = verdictWith({ poolId, serverId: bad, at: Date.now() });
    await publish('{"oops"');
    await publish(verdict);
    await publish(verdict);
    const stateOf = async () => (await lastRecord<PoolConfig>(`pool:${poolId}`))?.members[1]?.rotation.state;
    await within(1000, stateOf, (state) => state === 'OUT');
    const { members, rotationVerdicts } = await poolOf(poolId);
    assert.deepEqual(
      members.map(({ share }) => share),
      [1, 0],
    );
    const { state, times, reason, evidence } = members[1]!.rotation;
    assert.deepEqual([state, times, reason], ['OUT', 1, verdict.words]);
    assert.deepEqual(evidence, { windowSends: 500, sends: '500', judgedBounces: '40', judgedRate: 0.08 });
    assert.deepEqual(members[0]!.rotation.since, null);
    assert.deepEqual(
      rotationVerdicts.nodes.map(({ kind, applied, server }) => [kind, applied, server?.id]),
      [['EJECT', true, bad]],
    );
    const input = { poolId, serverId: bad };
    const { pool } = await harness.get<{ pool: Pool }>(restoreText, { input });
    assert.deepEqual([pool.members[1]?.rotation.state, pool.members[1]?.share], ['IN', 0.5]);
    await within(1000, stateOf, (now) => now === 'IN');
  });

  it('keeps a verdict that would take the last usable member, with the reason', async () => {
    const id = await createServer();
    const poolId = await createPool({ [id]: 1 });
    await publish(verdictWith({ poolId, serverId: id, at: Date.now() }));
    const pool = await within(
      3000,
      () => poolOf(poolId),
      ({ rotationVerdicts }) => rotationVerdicts.nodes.length === 1,
    );
    assert.match(pool.rotationVerdicts.nodes[0]!.notAppliedReason!, /last member/);
    assert.deepEqual([pool.members[0]?.rotation.state, pool.members[0]?.share], ['IN', 1]);
  });

  it('names the campaigns of a bad list, and counts what verdicts came to', async () => {
    const poolId = await createPool({ [await createServer()]: 1 });
    const campaignIds = [newId(), newId()];
    await publish(verdictWith({ poolId, kind: 'BAD_LIST', serverId: null, campaignIds, at: Date.now() }));
    const text = `query ($id: ID!) { pool(id: $id) { rotationVerdicts { totalCount nodes { kind campaigns { id } } } } }`;
    const campaigns = campaignIds.map((id) => ({ id }));
    type Verdicts = { rotationVerdicts: { totalCount: number; nodes: object[] } };
    const look = () => harness.get<Verdicts>(text, { id: poolId });
    const pool = await within(3000, look, ({ rotationVerdicts }) => rotationVerdicts.nodes.length === 1);
    assert.deepEqual(pool.rotationVerdicts.nodes, [{ kind: 'BAD_LIST', campaigns }]);
    assert.equal(pool.rotationVerdicts.totalCount, 1);
    const counted = new RegExp(
      `config_rotation_verdicts_total{pool="${poolId}",kind="BAD_LIST",result="NOT_APPLIED",.*} 1`,
    );
    await within(
      1000,
      () => harness.metrics(),
      (exposed) => counted.test(exposed),
    );
  });

  it('does not let the next process settle a verdict again', async () => {
    const [good, bad] = [await createServer(), await createServer()];
    const poolId = await createPool({ [good]: 1, [bad]: 1 });
    const verdict = verdictWith({ poolId, serverId: bad, at: Date.now() });
    await publish(verdict);
    await within(
      3000,
      () => poolOf(poolId),
      ({ members }) => members[1]?.rotation.state === 'OUT',
    );
    await harness.get(restoreText, { input: { poolId, serverId: bad } });
    await harness.stop();
    harness = await startHarness(database.url);
    await publish(verdict);
    await publish(verdictWith({ poolId, serverId: bad, at: Date.now(), kind: 'WARN' }));
    const { members, rotationVerdicts } = await within(
      15_000,
      () => poolOf(poolId),
      (pool) => pool.rotationVerdicts.nodes[0]?.kind === 'WARN',
    );
    assert.deepEqual([members[1]?.rotation.state, rotationVerdicts.nodes.length], ['IN', 2]);
  });
});

describe('the plan of a pool', () => {
  it('says what each server will send, which limits bind and when it ends', async () => {
    const slow = await createServer({ limits: { messagesPerSecond: 10 } });
    const fast = await createServer({ limits: { maxConnections: 9 }, fromDomains: ['*.example.org', 'example.com'] });
    const id = await createPool({ [slow]: 50, [fast]: 50 });
    const plan = `recipients durationSeconds messagesPerSecond words servers { server { id } messages share assumedPerSecond }
      limits { server { id } limit provider words }`;
    const text = `query ($id: ID!) { pool(id: $id) {
      mayBeFrom(domain: "news.example.org") no: mayBeFrom(domain: "example.net")
      members { share(fromDomain: "news.example.org") }
      plan(recipients: 1000) { ${plan} }
      never: plan(recipients: 5, fromDomain: "example.net") { durationSeconds words } } }`;
    type Planned = Record<'mayBeFrom' | 'no', boolean> & {
      members: { share: number }[];
      plan: { durationSeconds: number; servers: object[]; limits: { limit: string; server: { id: string } }[] };
      never: { durationSeconds: number | null; words: string[] };
    };
    const pool = await harness.get<Planned>(text, { id });
    assert.deepEqual([pool.mayBeFrom, pool.no], [true, false]);
    assert.deepEqual(pool.members, [{ share: 0 }, { share: 1 }]);
    assert.ok(Math.abs(pool.plan.durationSeconds - 10) < 1e-6);
    assert.deepEqual(pool.plan.servers, [
      { server: { id: slow }, messages: 100, share: 0.1, assumedPerSecond: null },
      { server: { id: fast }, messages: 900, share: 0.9, assumedPerSecond: 90 },
    ]);
    assert.deepEqual([pool.plan.limits[0]?.limit, pool.plan.limits[0]?.server.id], ['MESSAGES_PER_SECOND', slow]);
    assert.equal(pool.never.durationSeconds, null);
    assert.match(pool.never.words[0]!, /No member/);
  });

  it('refuses what cannot be asked', async () => {
    const id = await createPool({ [await createServer()]: 1 });
    for (const asked of [
      'recipients: 0',
      'recipients: 5, providers: [{ provider: "gmail", share: 0.7 }, { provider: "gmx", share: 0.7 }]',
      'recipients: 5, fromDomain: "https://example.com"',
    ]) {
      const { errors } = await harness.ask(
        `query ($id: ID!) { pool(id: $id) { plan(${asked}) { durationSeconds } } }`,
        { id },
      );
      assert.equal(errors?.[0]?.extensions.code, 'BAD_INPUT', asked);
    }
  });

  it('leaves the rest of a page of pools as it is when an argument of one of its fields is refused', async () => {
    const id = await createPool({ [await createServer()]: 1 });
    const fields = `id plan(recipients: 0) { durationSeconds } rotationVerdicts(first: 101) { nodes { id } }
      mayBeFrom(domain: "@") members { share(fromDomain: "@") }`;
    type Page = { pools: { nodes: { id: string }[] } };
    const { data, errors } = await harness.ask(`query { pools(first: 100) { nodes { ${fields} } } }`);
    const { nodes } = (data as unknown as Page).pools;
    const refused = { plan: null, rotationVerdicts: null, mayBeFrom: null, members: [{ share: null }] };
    assert.deepEqual(
      nodes.find((pool) => pool.id === id),
      { id, ...refused },
    );
    assert.ok(errors?.every(({ extensions }) => extensions.code === 'BAD_INPUT'));
  });
});
