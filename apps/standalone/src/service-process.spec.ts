import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { pathToFileURL } from 'node:url';
import { startService } from './service-process.ts';
import { planServices } from './services.ts';
import { singleShape, type ServiceName } from './shape.ts';

const folder = mkdtempSync(join(tmpdir(), 'sendpool-service-process-'));
after(() => rmSync(folder, { recursive: true, force: true }));

const inherited = {
  CREDENTIALS_KEY: 'shell',
  CREDENTIALS_KEY_PREVIOUS: 'shell',
  DATABASE_URL: 'shell',
  KAFKA_BROKERS: 'shell',
  KAFKA_USERNAME: 'shell-user',
  KAFKA_PASSWORD: 'shell-password',
  INTERNAL_SECRET: 'shell',
  WEBHOOK_KEY: 'shell',
  WEBHOOK_KEY_PREVIOUS: 'shell',
  LANES: '7',
};
const keys = { credentialsKey: 'made', webhookKey: 'made' };
const secrets = { internalSecret: 'made', ...keys, adminKeyPrefix: 'p', adminKeyHash: 'h' };
const secretNames = Object.keys(inherited).filter((name) => name !== 'LANES');

/** Before anything of the service runs, its process writes down what it got, and ends. */
const witness = join(folder, 'witness.mjs');
writeFileSync(
  witness,
  `import { writeFileSync } from 'node:fs';
   writeFileSync(process.env.WITNESS, JSON.stringify(process.env));
   process.exit(0);`,
);

/** The environment of a service's process under a launcher whose own one has all of these variables. */
const environmentOf = async (service: ServiceName, eventLogUrl: string): Promise<Record<string, string>> => {
  const report = join(folder, 'environment.json');
  const before = { ...process.env };
  Object.assign(process.env, inherited, { NODE_OPTIONS: `--import=${pathToFileURL(witness).href}`, WITNESS: report });
  try {
    const wiring = { shape: singleShape, dataFolder: folder, databaseUrl: 'made', gatewayPort: 0, logLevel: 'info' };
    const { first } = await planServices({ ...wiring, eventLogUrl, secrets });
    await startService(
      first.find((plan) => plan.service === service)!,
      folder,
    ).ended;
  } finally {
    for (const name of Object.keys(process.env)) if (!(name in before)) delete process.env[name];
    Object.assign(process.env, before);
  }
  return JSON.parse(readFileSync(report, 'utf8')) as Record<string, string>;
};

const secretsOf = async (service: ServiceName, eventLogUrl = 'postgres://here/x'): Promise<object> => {
  const environment = await environmentOf(service, eventLogUrl);
  assert.equal(environment['LANES'], '7');
  return Object.fromEntries(secretNames.flatMap((name) => (name in environment ? [[name, environment[name]]] : [])));
};

describe("a service's process", () => {
  it('gets no secret of the launcher that its plan does not name, and every other variable', async () => {
    const [CREDENTIALS_KEY, DATABASE_URL, INTERNAL_SECRET] = ['made', 'made', 'made'];
    assert.deepEqual(await secretsOf('gateway'), { INTERNAL_SECRET });
    assert.deepEqual(await secretsOf('sender'), { CREDENTIALS_KEY, INTERNAL_SECRET });
    assert.deepEqual(await secretsOf('scheduler'), { DATABASE_URL, INTERNAL_SECRET, WEBHOOK_KEY: 'made' });
    assert.deepEqual(await secretsOf('stats'), { DATABASE_URL, INTERNAL_SECRET });
    assert.deepEqual(await secretsOf('config'), { CREDENTIALS_KEY, DATABASE_URL, INTERNAL_SECRET });
  });

  it('gets the log-in of Kafka where its event log is there', async () => {
    const logIn = { KAFKA_USERNAME: 'shell-user', KAFKA_PASSWORD: 'shell-password' };
    assert.deepEqual(await secretsOf('gateway', 'kafka://here?sasl=plain'), { INTERNAL_SECRET: 'made', ...logIn });
  });
});
