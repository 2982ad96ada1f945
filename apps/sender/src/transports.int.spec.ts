/** The dispatcher with one server that speaks SMTP and one of kind SES in the same pool. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { onlyConnections } from '@sendpool/contracts';
import { poolRecord, startSesFake, startSink, type SesFault } from '@sendpool/testing';
import { createHarness, serverAt } from './delivery/harness.fixture.ts';
import type { Report } from './domain/lane-types.ts';
import { breakerLimits } from './domain/breaker.ts';
import { readSenderEnv } from './env.ts';
import { createTransports } from './transports.ts';

const credentials = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'wJalrXUtnFEMI' };

const env = readSenderEnv({
  HTTP_PORT: '8080',
  EVENT_LOG_URL: 'postgres://localhost/none',
  STATE_DIR: '/nonexistent',
  CREDENTIALS_KEY: randomBytes(32).toString('base64'),
});

/** Servers `smtp` and `ses` of equal weight, two connections each. */
const setUp = async (probeEveryMs = 60_000) => {
  const sink = await startSink();
  const fake = await startSesFake({ credentials });
  const breaker = { ...breakerLimits, baseMs: probeEveryMs, slowStartMs: 1 };
  const harness = createHarness({ settings: { breaker }, ...createTransports(env) });
  const limits = onlyConnections(2);
  harness.server(serverAt(sink.port, { id: 'smtp', limits }));
  const ses = { region: 'eu-west-1', configurationSet: 'news' };
  const { accessKeyId: username, secretAccessKey } = credentials;
  harness.server(serverAt(fake.port, { id: 'ses', kind: 'SES', username, ses, limits }), secretAccessKey);
  harness.dispatcher.settings.pool(poolRecord({ smtp: 1, ses: 1 }));
  const reports = (): Report[] => [...harness.keeper.finished.values()].flat();
  return {
    ...harness,
    sink,
    fake,
    reports,
    count: (outcome: string, serverId: string) =>
      reports().filter((report) => report.outcome === outcome && report.serverId === serverId).length,
    [Symbol.asyncDispose]: async () => {
      await harness[Symbol.asyncDispose]();
      await sink.stop();
      await fake.stop();
    },
  };
};

const recipients = (count: number): string[] =>
  Array.from({ length: count }, (_, number) => `r${number}@example.org`).sort();

const refused = (status: number, code: string): SesFault => ({ do: 'ANSWER', status, code, message: '' });

test('both servers of the pool get their share, and each message of Amazon SES keeps its id', async () => {
  await using run = await setUp();
  run.offer(0, 40);
  await run.untilEnded(40);
  assert.deepEqual([run.count('ACCEPTED', 'smtp'), run.count('ACCEPTED', 'ses')], [20, 20]);
  const arrived = [...run.sink.received.map(({ to }) => to), ...run.fake.mails.flatMap(({ to }) => to)];
  assert.deepEqual(arrived.sort(), recipients(40));
  const ids = run.reports().flatMap(({ remoteId }) => remoteId ?? []);
  assert.deepEqual(ids.sort(), run.fake.mails.map(({ id }) => id).sort());
  assert.ok(
    run.fake.mails.every(({ from, configurationSet }) => from === 'news@example.com' && configurationSet === 'news'),
  );
  assert.ok(run.fake.connections() <= 2);
});

for (const [title, fault] of [
  ['throttles', refused(429, 'TooManyRequestsException')],
  ['is paused', refused(400, 'SendingPausedException')],
  ['is not authorized', refused(403, 'AccessDeniedException')],
] as const)
  test(`when Amazon SES ${title}, every message goes by SMTP at once, each once`, async () => {
    await using run = await setUp();
    run.fake.failAlways(fault);
    run.offer(0, 40);
    await run.untilEnded(40);
    assert.equal(run.count('ACCEPTED', 'smtp'), 40);
    assert.deepEqual(run.sink.received.map(({ to }) => to).sort(), recipients(40));
    assert.ok(run.reports().some(({ hops }) => hops[0]?.serverId === 'ses'));
  });

test('when nobody listens at Amazon SES, every message goes by SMTP', async () => {
  await using run = await setUp();
  await run.fake.stop();
  run.offer(0, 40);
  await run.untilEnded(40);
  assert.equal(run.count('ACCEPTED', 'smtp'), 40);
  assert.ok(run.reports().some(({ hops }) => hops[0]?.stage === 'CONNECT'));
});

test('a message whose answer is lost is UNKNOWN and goes to nobody else', async () => {
  await using run = await setUp();
  run.fake.failAlways({ do: 'RESET' });
  run.offer(0, 40);
  await run.untilEnded(40);
  const lost = run.count('UNKNOWN', 'ses');
  assert.ok(lost > 0);
  assert.equal(run.count('ACCEPTED', 'smtp'), 40 - lost);
  assert.equal(run.sink.received.length, 40 - lost);
});

test('a message that Amazon SES refuses ends as a bounce with its class and reason', async () => {
  await using run = await setUp();
  run.fake.failAlways({
    do: 'ANSWER',
    status: 400,
    code: 'MessageRejected',
    message: 'Email address is not verified.',
  });
  run.offer(0, 10);
  await run.untilEnded(10);
  assert.equal(run.count('BOUNCED', 'ses'), 5);
  const bounced = run.reports().find(({ serverId }) => serverId === 'ses')!;
  assert.partialDeepStrictEqual(bounced, { bounceClass: 'BLOCK', reason: 'SENDER_ADDRESS', rule: 'ses-not-verified' });
  assert.equal(bounced.reply!.text, 'MessageRejected: Email address is not verified.');
});

test('an answer that says the request and the secret back leaves nothing of them in reports and status', async () => {
  for (const status of [200, 400, 403]) {
    await using run = await setUp();
    run.fake.failAlways({ do: 'ECHO', status, text: credentials.secretAccessKey });
    run.offer(0, 20);
    await run.untilEnded(20);
    const told = JSON.stringify([run.reports(), run.dispatcher.status()]);
    assert.match(told, /\*\*\*/);
    const signatures = run.fake.requests.map((request) => /Signature=(\w{64})/.exec(request)![1]!);
    for (const secret of [...Object.values(credentials), ...signatures]) assert.ok(!told.includes(secret), told);
  }
});

test('an account that may send again is found by the probe and gets its share', async () => {
  await using run = await setUp(200);
  run.fake.failAlways(refused(400, 'AccountSuspendedException'));
  run.offer(0, 40);
  await run.untilEnded(40);
  assert.equal(run.count('ACCEPTED', 'ses'), 0);
  run.fake.failAlways(null);
  const stateOf = () => run.dispatcher.status().find(({ serverId }) => serverId === 'ses')!;
  await run.until(() => stateOf().breaker === 'CLOSED' || stateOf().breaker === 'SLOW_START');
  run.offer(40, 80);
  await run.untilEnded(80);
  assert.ok(run.count('ACCEPTED', 'ses') > 0);
});
