/** A broker that wants TLS and a log-in: how the URL and the environment say both, and what is said where they are wrong. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { inspect } from 'node:util';
import { isAppError, newId, sleep } from '@sendpool/kernel';
import { makeCertificate } from '@sendpool/testing';
import { startBroker, type Broker } from '../../../../tools/kafka/broker.ts';
import { whyNoBroker } from '../../../../tools/kafka/jars.ts';
import { commitBatch, groupOf, makeTopic, numbered, record, textOf, until, watch } from '../conformance/probe.ts';
import type { EventLog } from '../port.ts';
import { createKafkaEventLog, type KafkaEventLogOptions } from './event-log.ts';

const user = 'sendpool';
/** With what a URL can only hold percent-encoded. */
const password = `p:@/?#%-${newId()}`;
const wrong = `canary-${newId()}`;
/** Far below the time-outs of requests. */
const quicklyMs = 8000;
/** A connection is replaced ten seconds before its log-in ends: here after one. */
const loginLastsMs = 11_000;

const folder = mkdtempSync(join(tmpdir(), 'sendpool-security-'));
const [ca, otherCa, keyStore] = [join(folder, 'ca.pem'), join(folder, 'other-ca.pem'), join(folder, 'server.pem')];
let server: Broker;

const module = (name: string, options = ''): string =>
  `org.apache.kafka.common.security.${name}LoginModule required${options};`;

const secured: Readonly<Record<string, string>> = {
  'listener.security.protocol.map': 'CLIENTS:SASL_SSL,CONTROLLER:PLAINTEXT',
  'sasl.enabled.mechanisms': 'PLAIN,SCRAM-SHA-512',
  'sasl.mechanism.inter.broker.protocol': 'PLAIN',
  'listener.name.clients.plain.sasl.jaas.config': module(
    'plain.Plain',
    ` username="broker" password="${password}" user_broker="${password}" user_${user}="${password}"`,
  ),
  'listener.name.clients.plain.connections.max.reauth.ms': String(loginLastsMs),
  'listener.name.clients.scram-sha-512.sasl.jaas.config': module('scram.Scram'),
  'listener.name.clients.ssl.keystore.type': 'PEM',
  'listener.name.clients.ssl.keystore.location': keyStore,
  'listener.name.clients.ssl.truststore.type': 'PEM',
  'listener.name.clients.ssl.truststore.location': ca,
};

const startSecured = async (): Promise<void> => {
  const [own, other] = await Promise.all([makeCertificate(), makeCertificate()]);
  writeFileSync(ca, own.ca);
  writeFileSync(otherCa, other.ca);
  writeFileSync(keyStore, own.key + own.cert, { mode: 0o600 });
  server = await startBroker({ settings: secured, users: { [user]: password } });
};

type Way = { login?: string; tls?: string; sasl?: string };

const urlOf = ({ login = '', tls = `&tls=true&ca=${ca}`, sasl = '' }: Way): string =>
  `kafka://${login}${server.bootstrap}?replication=1&minInsync=1${tls}${sasl && `&sasl=${sasl}`}`;

const loginOf = (name: string, secret: string): string => `${encodeURIComponent(name)}:${encodeURIComponent(secret)}@`;

type Connected = { log: EventLog } & AsyncDisposable;

const connect = async (way: Way, more: Partial<KafkaEventLogOptions> = {}): Promise<Connected> => {
  const log = await createKafkaEventLog({
    url: urlOf(way),
    applicationName: 'spec',
    onWarning: () => undefined,
    ...more,
  });
  return { log, [Symbol.asyncDispose]: log.close };
};

/** The code and the message of the refusal, which comes soon and tells no secret, in none of its parts. */
const refusal = async (way: Way): Promise<string> => {
  const began = performance.now();
  const error: unknown = await connect(way).then(
    async ({ log }) => log.close(),
    (fault: unknown) => fault,
  );
  assert.ok(isAppError(error), inspect(error));
  assert.ok(performance.now() - began < quicklyMs, `it took ${performance.now() - began} ms`);
  const everything = inspect(error, { depth: 10, showHidden: true });
  for (const secret of [password, wrong]) assert.ok(!everything.includes(secret), 'no secret is told');
  return `${error.code}: ${error.message}`;
};

/** What a service does with a log. */
const checkUse = async ({ log }: Connected): Promise<void> => {
  const topic = await makeTopic({ log }, { partitions: 2 });
  await log.publish(topic, [...numbered(0, 'a', 3), ...numbered(1, 'b', 3)]);
  const member = await watch({ log }, { topic, onBatch: commitBatch });
  await until('all has arrived', () => member.records.length === 6, 20_000);
  assert.deepEqual(
    (await log.lag(topic, groupOf(topic))).map((one) => one.committed),
    [3, 3],
  );
};

describe('a broker with TLS and log-ins', { skip: whyNoBroker() ?? false }, () => {
  before(startSecured);
  after(async () => {
    await server?.stop();
    rmSync(folder, { recursive: true });
  });

  for (const sasl of ['plain', 'scram-sha-512']) {
    test(`${sasl}: with user and password in the URL, percent-encoded, everything works`, async () => {
      await using connected = await connect({ login: loginOf(user, password), sasl });
      await checkUse(connected);
    });

    test(`${sasl}: a wrong password and a wrong user are refused at once, in words`, async () => {
      for (const login of [loginOf(user, wrong), loginOf('nobody', password)])
        assert.match(await refusal({ login, sasl }), /^BAD_CONFIGURATION: Kafka refuses the log-in/);
    });
  }

  test('user and password may come from the environment', async () => {
    Object.assign(process.env, { KAFKA_USERNAME: user, KAFKA_PASSWORD: password });
    try {
      await using connected = await connect({ sasl: 'scram-sha-512' });
      await checkUse(connected);
    } finally {
      delete process.env['KAFKA_USERNAME'];
      delete process.env['KAFKA_PASSWORD'];
    }
  });

  test('a mechanism that the broker does not have is refused at once', async () => {
    const login = loginOf(user, password);
    assert.match(await refusal({ login, sasl: 'scram-sha-256' }), /^BAD_CONFIGURATION: .*UNSUPPORTED_SASL_MECHANISM/);
  });

  test('a certificate of an authority that is not trusted is refused before the password is sent', async () => {
    const login = loginOf(user, password);
    // Another authority, and those of the system.
    for (const tls of [`&tls=true&ca=${otherCa}`, '&tls=true'])
      assert.match(
        await refusal({ login, tls, sasl: 'plain' }),
        /^BAD_CONFIGURATION: .*127\.0\.0\.1.*certificate of the broker is not trusted.*see ca/,
      );
  });

  test('whoever comes without TLS or without a log-in is told what may be missing', async () => {
    const hint = /^UNAVAILABLE: .*does it want TLS \(tls=true\) or a log-in \(sasl=…\)\?/;
    assert.match(await refusal({ tls: '' }), hint);
    assert.match(await refusal({ login: loginOf(user, password), tls: '', sasl: 'plain' }), hint);
    assert.match(await refusal({}), hint);
  });

  test('a log-in that ends is made anew: appends, reads and commits go on, in the same epoch', async () => {
    let connections = 0;
    const route: KafkaEventLogOptions['route'] = (address) => {
      connections++;
      return address;
    };
    await using connected = await connect({ login: loginOf(user, password), sasl: 'plain' }, { route });
    const topic = await makeTopic(connected, { partitions: 1 });
    const member = await watch(connected, { topic, onBatch: commitBatch });
    await until('it has the partition', () => member.epochs.length > 0, 20_000);
    const before = connections;
    // Longer than a log-in lasts.
    const values = Array.from({ length: 60 }, (_, n) => String(n));
    for (const value of values) {
      await connected.log.publish(topic, [record(0, value)]);
      await sleep(200);
    }
    await until('all has arrived', () => member.records.length >= values.length);
    assert.deepEqual(member.records.map(textOf), values);
    assert.equal(member.epochs.length, 1);
    assert.ok(connections > before + 10, `${connections - before} new connections`);
  });
});
