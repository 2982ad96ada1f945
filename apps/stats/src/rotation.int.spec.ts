/** Verdicts and usage of whole stats processes: from the event log, into the event log, and in the API. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import {
  campaignsTopic,
  deliveryEventsTopic,
  rotationVerdictsTopic,
  sendingConfigKey,
  sendingConfigTopic,
  serverUsageTopic,
  type CampaignRecord,
  type OutcomeEvent,
  type RotationVerdict,
  type SendingConfig,
  type ServerUsage,
} from '@sendpool/contracts';
import { poolRecord, serverRecord } from '@sendpool/testing';
import { freshDatabase } from '@sendpool/database/testing';
import { createEventLog, type EventLog } from '@sendpool/event-log';
import { sleep } from '@sendpool/kernel';
import { outcome, unknown } from './domain/outcome.fixture.ts';
import { startReplica, type Replica } from './replica.fixture.ts';

const lanes = 4;
const opened = new AsyncDisposableStack();
let url: string;
let eventLog: EventLog;
let replicas: Replica[];

const declare = (configs: readonly SendingConfig[]): Promise<void> =>
  eventLog.publish(
    sendingConfigTopic.name,
    configs.map((config) => ({
      partition: 0,
      key: sendingConfigKey(config),
      value: sendingConfigTopic.encode(config),
    })),
  );

before(async () => {
  ({ url } = opened.use(await freshDatabase()));
  replicas = [await startReplica(url, lanes), await startReplica(url, lanes)];
  eventLog = await createEventLog({ url, applicationName: 'stats spec' });
  opened.defer(() => eventLog.close());
  const servers = ['a', 'b', 'c', 'x', 'y'].map((id) => serverRecord({ id }));
  await declare([...servers, poolRecord({ a: 1, b: 1, c: 1 }, { id: 'p1' }), poolRecord({ x: 1, y: 1 }, { id: 'p2' })]);
});

after(async () => {
  for (const replica of replicas) await replica.stop();
  await opened.disposeAsync();
});

let sequence = 0;

/** So many sends of a server, spread over the lanes; every tenth, fifth, … of them bounces. */
const sends = (count: number, facts: Partial<OutcomeEvent>, everyNth = 0): OutcomeEvent[] =>
  Array.from({ length: count }, (_, at) => {
    sequence += 1;
    const bounce = { outcome: 'BOUNCED', bounceClass: at % 2 === 0 ? 'HARD' : 'BLOCK' } as const;
    const isBounced = everyNth > 0 && at % everyNth === 0;
    return outcome(sequence, { lane: sequence % lanes, at: Date.now(), ...facts, ...(isBounced ? bounce : {}) });
  });

const publish = (events: readonly OutcomeEvent[]): Promise<void> =>
  eventLog.publish(
    deliveryEventsTopic.name,
    events.map((event) => ({ partition: event.lane, key: null, value: deliveryEventsTopic.encode(event) })),
  );

const verdicts = async (): Promise<RotationVerdict[]> =>
  (await eventLog.read(rotationVerdictsTopic.name, 0, 0, 1000)).map(({ value }) => rotationVerdictsTopic.decode(value));

const usages = async (): Promise<ServerUsage[]> =>
  (await eventLog.read(serverUsageTopic.name, 0, 0, 1000)).map(({ value }) => serverUsageTopic.decode(value));

/** Next offset of the usages: grows with each that is told, whatever compaction leaves. */
const end = async (): Promise<number> => (await eventLog.bounds(serverUsageTopic.name))[0]!.next;

const until = async (isDone: () => Promise<boolean>): Promise<void> => {
  for (let tries = 0; tries < 300 && !(await isDone()); tries += 1) await sleep(50);
  assert.ok(await isDone());
};

const kinds = async (): Promise<string[]> =>
  (await verdicts()).map(({ kind, poolId, serverId }) => `${kind} ${poolId} ${serverId}`).toSorted();

test('a bad server among good ones is found over the lanes of both processes, and told once', async () => {
  const good = ['a', 'b'].flatMap((serverId) => sends(600, { serverId }, 100));
  await publish([...good, ...sends(600, { serverId: 'c' }, 10)]);
  await until(async () => (await verdicts()).length > 0);
  await publish(sends(40, { serverId: 'c' }, 10));
  await sleep(4500);
  assert.deepEqual(await kinds(), ['EJECT p1 c']);
  const [verdict] = await verdicts();
  assert.equal(verdict?.evidence.bounced, Math.round(verdict!.evidence.sends * 0.1));
  assert.match(verdict.words, /^1\d(\.\d+)? % over \d+ sends: significantly above 3 %, and worse than the others: /);
});

test('the numbers behind a finding can be read at either process', async () => {
  const fields = 'bounceReport { server { id } windowSends sends judgedBounces restRate words }';
  for (const replica of replicas) {
    const [pool, other] = (await replica.entities('SendingServerPool', ['p1', 'nowhere'], fields)) as {
      bounceReport: Record<string, unknown>[];
    }[];
    assert.equal(pool?.bounceReport.length, 12);
    assert.deepEqual(pool.bounceReport[3], {
      server: { id: 'a' },
      windowSends: 50_000,
      sends: '600',
      judgedBounces: '6',
      restRate: 0.01,
      words: '1 % over 600 sends: within the 3 % allowed',
    });
    assert.deepEqual(other, { bounceReport: [] });
  }
});

test('a restart tells no verdict again, and tells the usage again', async () => {
  const told = await end();
  await replicas[0]!.stop();
  await replicas[1]!.stop();
  replicas = [await startReplica(url, lanes), await startReplica(url, lanes)];
  await sleep(2500);
  assert.deepEqual(await kinds(), ['EJECT p1 c']);
  assert.ok((await end()) > told);
});

const ofBadList = (serverId: string): Partial<OutcomeEvent> => ({ serverId, poolId: 'p2', campaignId: 'bad' });

test('a list that is bad at every server is told with its campaign, and takes nobody out', async () => {
  await publish([...sends(500, ofBadList('x'), 8), ...sends(500, ofBadList('y'), 8)]);
  await until(async () => (await verdicts()).length > 1);
  await sleep(2500);
  assert.deepEqual(await kinds(), ['BAD_LIST p2 null', 'EJECT p1 c']);
  const verdict = (await verdicts()).at(-1);
  assert.deepEqual(verdict?.campaignIds, ['bad']);
});

const campaign = (status: CampaignRecord['status'], revision: number): Promise<void> => {
  const content = { subject: 's', html: null, text: 't', from: { name: 'n', address: 'a@example.com' }, replyTo: null };
  const record = { id: 'bad', revision, status, poolId: 'p2', unknownPolicy: 'HOLD', ...content } as const;
  return eventLog.publish(campaignsTopic.name, [{ partition: 0, key: 'bad', value: campaignsTopic.encode(record) }]);
};

test('its campaign, resumed at once, is judged on what it sends then', async () => {
  await campaign('PAUSED', 1);
  await campaign('SENDING', 2);
  await sleep(1500);
  await publish([...sends(500, ofBadList('x'), 8), ...sends(500, ofBadList('y'), 8)]);
  await until(async () => (await kinds()).filter((kind) => kind === 'BAD_LIST p2 null').length === 2);
  const [first, second] = (await verdicts()).filter(({ kind }) => kind === 'BAD_LIST');
  assert.ok(second!.at - first!.at < 30_000);
  assert.deepEqual([second?.campaignIds, second?.evidence.sends], [['bad'], 1000]);
});

const newestUsage = async (): Promise<ServerUsage | undefined> =>
  (await usages()).findLast(({ serverId }) => serverId === 'u');

test('the usage of today holds everything that reached a server, by provider, and says up to when', async () => {
  const at = Date.now();
  await publish([
    ...sends(3, { serverId: 'u', provider: 'yahoo' }),
    ...sends(2, { serverId: 'u', outcome: 'DEFERRED' }),
    ...sends(1, { serverId: 'u', outcome: 'BOUNCED', bounceClass: 'SOFT' }),
    unknown((sequence += 1), { serverId: 'u', at }),
    ...sends(5, { serverId: 'u', at: at - 24 * 3_600_000 }),
    ...sends(1, { serverId: 'u', outcome: 'RELEASED' }),
  ]);
  await until(async () => (await newestUsage())?.attempted === 7);
  const usage = await newestUsage();
  assert.equal(usage?.day, at - (at % (24 * 3_600_000)));
  assert.deepEqual(usage.byProvider, { gmail: 4, yahoo: 3 });
  assert.ok(usage.countedUntil > at - 5000 && usage.countedUntil <= Date.now() - 1000);
});
