import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import {
  campaignsTopic,
  deliveryEventsTopic,
  sendingConfigKey,
  sendingConfigTopic,
  sendRequestsTopic,
  senderGroup,
  senderStatusTopic,
  serverUsageTopic,
  type CampaignRecord,
  type OutcomeEvent,
  type SendRequest,
  type SendingConfig,
} from '@sendpool/contracts';
import { freshDatabase } from '@sendpool/database/testing';
import { createEventLog, type EventLog } from '@sendpool/event-log';
import { sleep } from '@sendpool/kernel';
import { createLog, createMetrics, sealSecret, startService, type RunningService } from '@sendpool/service';
import { poolRecord, startSink, type Sink, type SinkOptions } from '@sendpool/testing';
import { campaignOf, messageFor, serverAt } from './delivery/harness.fixture.ts';
import { readSenderEnv } from './env.ts';
import { createSenderService } from './service.ts';

const key = new Uint8Array(32).fill(5);
const lanes = 2;
const opened = new AsyncDisposableStack();
let url: string;
let eventLog: EventLog;

before(async () => {
  ({ url } = opened.use(await freshDatabase()));
  eventLog = await createEventLog({ url, applicationName: 'sender spec' });
  opened.defer(() => eventLog.close());
});

after(() => opened.disposeAsync());

const startSender = async (): Promise<RunningService & AsyncDisposable> => {
  const env = readSenderEnv({
    HTTP_PORT: '0',
    EVENT_LOG_URL: url,
    CREDENTIALS_KEY: Buffer.from(key).toString('base64'),
    LANES: String(lanes),
  });
  const log = createLog({ name: 'sender', level: 'error' });
  const metrics = createMetrics('sender');
  const { parts } = await createSenderService({ env, log, metrics });
  const running = await startService({ name: 'sender', http: { host: '127.0.0.1', port: 0 }, parts, log, metrics });
  let stopped: Promise<boolean> | undefined;
  const stop = (deadlineMs: number): Promise<boolean> => (stopped ??= running.stop(deadlineMs));
  return {
    port: running.port,
    stop,
    [Symbol.asyncDispose]: async () => {
      await stop(5000);
    },
  };
};

/** The scheduler publishes into a lane only when it has a ledger; what lies there before would count as lost. */
const untilLanesAreOpen = (): Promise<unknown> =>
  until(
    () => eventLog.lag(sendRequestsTopic.name, senderGroup),
    (lag) => lag.length === lanes && lag.every(({ position }) => position !== undefined && position !== null),
  );

const say = (config: SendingConfig): Promise<void> =>
  eventLog.publish(sendingConfigTopic.name, [
    { partition: 0, key: sendingConfigKey(config), value: sendingConfigTopic.encode(config) },
  ]);

const sayCampaign = (record: CampaignRecord): Promise<void> =>
  eventLog.publish(campaignsTopic.name, [{ partition: 0, key: record.id, value: campaignsTopic.encode(record) }]);

let sequence = 0;

/** Publishes requests for recipients `from` to `to`, the last one left out, as the scheduler would: one batch for each lane. */
const request = async (from: number, to: number, change: Partial<SendRequest> = {}): Promise<void> => {
  for (let lane = 0; lane < lanes; lane += 1) {
    const records = [];
    for (let recipient = from + lane; recipient < to; recipient += lanes) {
      const send = { ...messageFor(recipient).request, lane, sequence: (sequence += 1), ...change };
      records.push({
        partition: lane,
        key: null,
        value: sendRequestsTopic.encode({ ...send, fields: '{"name":"Zoë"}' }),
      });
    }
    await eventLog.publish(sendRequestsTopic.name, records);
  }
};

const outcomes = async (): Promise<OutcomeEvent[]> => {
  const events = [];
  for (let lane = 0; lane < lanes; lane += 1)
    for (const { value } of await eventLog.read(deliveryEventsTopic.name, lane, 0, 100_000))
      events.push(deliveryEventsTopic.decode(value));
  return events.filter((event) => event.type === 'OUTCOME');
};

const until = async <Value>(read: () => Promise<Value>, isDone: (value: Value) => boolean): Promise<Value> => {
  const end = performance.now() + 15_000;
  for (;;) {
    const value = await read();
    if (isDone(value)) return value;
    assert.ok(performance.now() < end, `it takes too long; ${described(value)}`);
    await sleep(20);
  }
};

const described = (value: unknown): string =>
  Array.isArray(value)
    ? JSON.stringify(
        Object.entries(Object.groupBy(value as OutcomeEvent[], ({ outcome, reason }) => `${outcome} ${reason}`)).map(
          ([name, all]) => [name, all?.length],
        ),
      )
    : String(value);

const sinkFor = async (id: string, options: SinkOptions = {}): Promise<Sink> => {
  const auth = { username: 'user', password: `secret of ${id}` };
  const sink = await startSink({ tls: 'IMPLICIT', auth, keepData: true, ...options });
  opened.defer(() => sink.stop());
  return sink;
};

const configFor = (id: string, sink: Sink) =>
  serverAt(sink.port, {
    id,
    tls: 'IMPLICIT',
    username: 'user',
    password: sealSecret(`secret of ${id}`, id, key),
    caCertificate: sink.certificate!.ca,
  });

describe('a sender', () => {
  it('sends what is requested over TLS with opened passwords, by weight, and reports each; a stop loses nothing', async () => {
    await using first = await startSender();
    const [a, b] = [await sinkFor('a'), await sinkFor('b')];
    await say(configFor('a', a));
    await say(configFor('b', b));
    await say(poolRecord({ a: 3, b: 1 }));
    await sayCampaign(campaignOf({ subject: 'Hello {{ name }}', text: 'Dear {{ name }}' }));
    await untilLanesAreOpen();
    await request(0, 400);
    await until(outcomes, (events) => events.length > 50);
    assert.equal(await first.stop(20_000), true);
    await using second = await startSender();
    const ends = await until(outcomes, (events) => new Set(events.map(({ recipient }) => recipient)).size === 400);
    const got = [...a.received, ...b.received].map(({ to }) => to);
    const accepted = ends.filter(({ outcome }) => outcome === 'ACCEPTED');
    assert.equal(ends.length, 400, 'each publication has one outcome');
    assert.equal(new Set(got).size, got.length, 'no recipient got it twice');
    assert.equal(accepted.length, got.length);
    assert.ok(ends.every(({ outcome, reason }) => outcome === 'ACCEPTED' || reason === 'LANE_LOST'));
    assert.ok(accepted.every(({ poolId, serverId }) => poolId === 'pool' && serverId !== null));
    assert.ok(Math.abs(a.received.length - got.length * 0.75) <= 20, `${a.received.length} of ${got.length} at a`);
    assert.match(a.received[0]!.data!.toString('latin1'), /Zo=C3=AB/);
    assert.equal(await second.stop(20_000), true);
  });

  it('that is stopped hears out a slow server, so that nothing stays in doubt', async () => {
    await using first = await startSender();
    const sink = await sinkFor('slow', { delayMs: 7000 });
    await say(configFor('slow', sink));
    await say({ ...poolRecord({ slow: 1 }), id: 'slow pool' });
    await sayCampaign({ ...campaignOf({ poolId: 'slow pool' }), id: 'slow-campaign' });
    await untilLanesAreOpen();
    await request(2000, 2002, { campaignId: 'slow-campaign' });
    await until(
      async () => sink.connections,
      (connections) => connections > 0,
    );
    await sleep(500);
    assert.equal(await first.stop(25_000), true);
    const last = (await outcomes()).filter(({ recipient }) => recipient >= 2000);
    assert.deepEqual(
      last.map(({ outcome }) => outcome),
      sink.received.map(() => 'ACCEPTED'),
    );
    assert.ok(sink.received.length > 0);
  });

  it('waits for the revision a request names, stops for a pause, and goes on after it', async () => {
    await using sender = await startSender();
    const sink = await sinkFor('c');
    const untilReceived = (count: number) =>
      until(
        async () => sink.received.length,
        (received) => received === count,
      );
    await say(configFor('c', sink));
    await say({ ...poolRecord({ c: 1 }), revision: 2 });
    await request(1000, 1010, { campaignRevision: 3 });
    await sleep(300);
    assert.equal(sink.received.length, 0);
    await sayCampaign(campaignOf({ revision: 3, text: 'Hi' }));
    await untilReceived(10);
    await sayCampaign(campaignOf({ revision: 4, status: 'PAUSED' }));
    await sleep(200);
    await request(1010, 1020, { campaignRevision: 3 });
    const ends = await until(outcomes, (events) => events.filter(({ reason }) => reason === 'PAUSED').length === 10);
    assert.ok(ends.every(({ outcome, reason }) => reason !== 'PAUSED' || outcome === 'RELEASED'));
    assert.equal(sink.received.length, 10);
    await sayCampaign(campaignOf({ revision: 5 }));
    await request(1020, 1030, { campaignRevision: 5 });
    await untilReceived(20);
    assert.equal(await sender.stop(20_000), true);
  });

  it('sends no more in a day than stats has left of the quota', async () => {
    await using sender = await startSender();
    const sink = await sinkFor('q');
    const config = configFor('q', sink);
    await say({ ...config, limits: { ...config.limits, messagesPerDay: 50 } });
    await say({ ...poolRecord({ q: 1 }), id: 'quota pool' });
    await sayCampaign({ ...campaignOf({ poolId: 'quota pool' }), id: 'quota-campaign' });
    await untilLanesAreOpen();
    const countedUntil = Date.now() + 1000;
    const usage = { serverId: 'q', day: countedUntil - (countedUntil % 86_400_000), countedUntil, byProvider: {} };
    const value = serverUsageTopic.encode({ ...usage, attempted: 43 });
    await eventLog.publish(serverUsageTopic.name, [{ partition: 0, key: 'q', value }]);
    await request(3000, 3020, { campaignId: 'quota-campaign' });
    await until(
      async () => sink.received.length,
      (received) => received === 7,
    );
    await sleep(500);
    assert.equal(sink.received.length, 7);
    assert.equal(await sender.stop(20_000), true);
  });

  it('says how its servers look', async () => {
    const statuses = (await eventLog.read(senderStatusTopic.name, 0, 0, 1000)).map(({ value }) =>
      senderStatusTopic.decode(value),
    );
    const last = statuses.findLast(({ serverId }) => serverId === 'c');
    assert.ok(last?.type === 'SENDER');
    assert.deepEqual([last.breaker, last.queued, last.inFlight, last.lastError], ['CLOSED', 0, 0, null]);
  });
});
