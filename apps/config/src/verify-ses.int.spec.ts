import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { sendingConfigTopic, type SendingServerConfig } from '@sendpool/contracts';
import { freshDatabase, type TestDatabase } from '@sendpool/database/testing';
import { createEventLog } from '@sendpool/event-log';
import { newId } from '@sendpool/kernel';
import { startHarness, type Harness } from './service-harness.ts';

type Account = { sendingEnabled: boolean; maxSendRate: number; sentLast24Hours: number; checkedAt: string };
type Answer = {
  id: string;
  verification: { status: string; failedStage: string | null; message: string | null };
  ses: { region: string; account: Account | null };
  limits: { messagesPerSecond: number | null };
  effectiveLimits: { messagesPerSecond: number | null; messagesPerDay: number | null };
};
type Result = { server?: Answer; errors?: object[] };

const fields = `... on SendingServerPayload { server { id
    verification { status failedStage message }
    ses { region configurationSet account { sendingEnabled productionAccess maxSendRate max24HourSend sentLast24Hours
      enforcementStatus checkedAt } }
    limits { messagesPerSecond } effectiveLimits { messagesPerSecond messagesPerDay } } } ... on Refused { errors { message } }`;
const createText = `mutation ($input: CreateSendingServerInput!) { createSendingServer(input: $input) { ${fields} } }`;
const verifyText = `mutation ($id: ID!) { verifySendingServer(input: { id: $id }) { ${fields} } }`;

const healthy = {
  SendingEnabled: true,
  ProductionAccessEnabled: true,
  EnforcementStatus: 'HEALTHY',
  SendQuota: { Max24HourSend: 50_000, MaxSendRate: 10, SentLast24Hours: 7 },
};
const secret = 'canary-secret-77aa';
const keys = { username: 'AKIAEXAMPLE', password: secret };

let account: { status: number; body: object } = { status: 200, body: healthy };
let api: Server;
let database: TestDatabase;
let harness: Harness;

before(async () => {
  api = createServer((request, response) => {
    assert.equal(request.url, '/v2/email/account');
    assert.match(request.headers.authorization ?? '', /AKIAEXAMPLE\/.*\/eu-central-1\/ses\//);
    const type = account.status === 200 ? {} : { 'x-amzn-errortype': 'UnrecognizedClientException' };
    response.writeHead(account.status, { 'content-type': 'application/json', ...type });
    response.end(JSON.stringify(account.body));
  });
  await new Promise<void>((resolve) => api.listen(0, '127.0.0.1', resolve));
  database = await freshDatabase();
  harness = await startHarness(database.url);
});
after(async () => {
  await harness.stop();
  await database[Symbol.asyncDispose]();
  api.closeAllConnections();
  api.close();
});

const verifiedWith = async (status: number, body: object): Promise<Answer> => {
  account = { status, body };
  const { port } = api.address() as AddressInfo;
  const place = { kind: 'SES', host: '127.0.0.1', port, tls: 'NONE', ses: { region: 'eu-central-1' } };
  const input = { name: newId(), fromDomains: ['example.com'], ...place, ...keys };
  const { server, errors } = await harness.get<Result>(createText, { input });
  assert.ok(server, JSON.stringify(errors));
  return (await harness.get<Result>(verifyText, { id: server.id })).server!;
};

describe('verifying a server of kind SES over the network', () => {
  it('passes with an account that may send, shows it, and caps the limits in force', async () => {
    const server = await verifiedWith(200, healthy);
    assert.equal(server.verification.status, 'PASSED', JSON.stringify(server.verification));
    const { checkedAt, ...facts } = server.ses.account!;
    const quota = { maxSendRate: 10, max24HourSend: 50_000, sentLast24Hours: 7 };
    const expected = { sendingEnabled: true, productionAccess: true, ...quota, enforcementStatus: 'HEALTHY' };
    assert.deepEqual(facts, expected);
    assert.ok(Math.abs(Date.parse(checkedAt) - Date.now()) < 10_000);
    assert.deepEqual(server.limits, { messagesPerSecond: null });
    assert.deepEqual(server.effectiveLimits, { messagesPerSecond: 9, messagesPerDay: 50_000 });
  });

  it('fails in words with a paused account, and with credentials that are refused', async () => {
    const paused = await verifiedWith(200, { ...healthy, SendingEnabled: false });
    assert.deepEqual([paused.verification.status, paused.verification.failedStage], ['FAILED', 'AUTH']);
    assert.match(paused.verification.message!, /paused/);
    assert.equal(paused.ses.account?.sendingEnabled, false);
    const refused = await verifiedWith(403, { message: 'The security token included in the request is invalid.' });
    assert.deepEqual([refused.verification.status, refused.verification.failedStage], ['FAILED', 'AUTH']);
    assert.equal(refused.ses.account, null);
  });

  it('has region and capped limits on the topic, the secret sealed, and the secret in no log', async () => {
    const { id } = await verifiedWith(200, healthy);
    const eventLog = await createEventLog({ url: database.url, applicationName: 'spec' });
    let record: SendingServerConfig | undefined;
    for (const end = performance.now() + 2000; record?.verified !== true && performance.now() < end;) {
      const records = await eventLog.read(sendingConfigTopic.name, 0, 0, 10_000);
      const last = records.findLast(({ key }) => key === `server:${id}`);
      record = last && (sendingConfigTopic.decode(last.value) as SendingServerConfig);
    }
    await eventLog.close();
    assert.deepEqual(record?.ses, { region: 'eu-central-1', configurationSet: null });
    assert.deepEqual([record?.kind, record?.limits.messagesPerSecond], ['SES', 9]);
    assert.ok(!JSON.stringify(record).includes(secret));
    assert.ok(!harness.logged().includes(secret));
  });
});
