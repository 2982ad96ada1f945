import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { apiKeysTopic, sendingConfigTopic } from '@sendpool/contracts';
import { createDatabase } from '@sendpool/database';
import { freshDatabase, type TestDatabase } from '@sendpool/database/testing';
import { createEventLog } from '@sendpool/event-log';
import { sleep } from '@sendpool/kernel';
import { startSink, type Sink } from '@sendpool/testing';
import { startHarness, type Harness } from './service-harness.ts';

type ServerResult = { server?: { id: string } };

const answer = '... on SendingServerPayload { server { id hasPassword } } ... on Refused { errors { message path } }';
const createText = `mutation ($input: CreateSendingServerInput!) { createSendingServer(input: $input) { ${answer} } }`;
const updateText = `mutation ($input: UpdateSendingServerInput!) { updateSendingServer(input: $input) { ${answer} } }`;
const verifyText = `mutation ($id: ID!) { verifySendingServer(input: { id: $id }) { ${answer} } }`;
const createKeyText = `mutation { createApiKey(input: { name: "Canary", role: READER }) {
  ... on CreateApiKeyPayload { secret } } }`;
const readText = `{
  sendingServers { nodes { id username hasPassword verification { message } } }
  apiKeys { nodes { id name prefix } }
}`;

let database: TestDatabase;
let harness: Harness;
let sink: Sink;

before(async () => {
  database = await freshDatabase();
  sink = await startSink({ tls: 'STARTTLS', auth: { username: 'mailer', password: 'another' } });
  harness = await startHarness(database.url);
});
after(async () => {
  await harness.stop();
  await sink.stop();
  await database[Symbol.asyncDispose]();
});

/** Every row of every table as text. */
const dumpTables = async (): Promise<string> => {
  const own = await createDatabase({ url: database.url, schema: 'config', applicationName: 'dump' });
  const tables = await own.sql.query<{ name: string }>(
    `select format('%I.%I', table_schema, table_name) as name from information_schema.tables
     where table_schema not in ('pg_catalog', 'information_schema') and table_type = 'BASE TABLE'`,
  );
  const rows = await Promise.all(tables.map(({ name }) => own.sql.query(`select * from ${name}`)));
  await own.close();
  return rows
    .flat()
    .map((row) => `${JSON.stringify(row)} ${Object.values(row).join(' ')}`)
    .join('\n');
};

const readTopics = async (): Promise<string> => {
  const eventLog = await createEventLog({ url: database.url, applicationName: 'dump' });
  const names = [sendingConfigTopic.name, apiKeysTopic.name];
  const records = await Promise.all(names.map((name) => eventLog.read(name, 0, 0, 10_000)));
  await eventLog.close();
  return records
    .flat()
    .map(({ value }) => value.toString('latin1'))
    .join('\n');
};

const canaries = ['canary-first-8d2c', 'canary-second-19be'] as const;

/** Everything that people do with servers and keys, refusals included; all answers as text. */
const useEverything = async (): Promise<string> => {
  const answers: unknown[] = [];
  const ask = async (text: string, variables: object) => answers.push(await harness.ask(text, variables));
  const place = { host: '127.0.0.1', port: sink.port, caCertificate: sink.certificate!.ca };
  const login = { username: 'mailer', password: canaries[0] };
  const input = { name: 'Canary', fromDomains: ['example.com'], ...place, ...login };
  const { server } = await harness.get<ServerResult>(createText, { input });
  const { id } = server!;
  await ask(createText, { input });
  await ask(createText, { input: { ...input, name: 7 } });
  await ask(updateText, { input: { id, password: canaries[1] } });
  await ask(updateText, { input: { id, tls: 'NONE' } });
  await ask(updateText, { input: { id, host: 'elsewhere.example' } });
  await ask(verifyText, { id });
  await ask(readText, {});
  return JSON.stringify(answers);
};

describe('secrets', () => {
  it('are in no answer, no log line, no record and no row', async () => {
    const answers = await useEverything();
    const { secret } = await harness.get<{ secret: string }>(createKeyText);
    const listed = JSON.stringify(await harness.ask(readText));
    await sleep(500);
    const [tables, topics, log] = [await dumpTables(), await readTopics(), harness.logged()];
    assert.match(answers, /FAILED|535|"hasPassword":true/);
    assert.match(tables, /"password":\{/);
    assert.match(topics, /"name":"Canary"/);
    const encoded = canaries.map((canary) => Buffer.from(canary).toString('base64').slice(0, 20));
    for (const [place, text] of Object.entries({ answers, listed, tables, topics, log }))
      for (const form of [...canaries, ...encoded, secret.slice(12)])
        assert.ok(!text.includes(form), `${place}: ${form}`);
  });
});
