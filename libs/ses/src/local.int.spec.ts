/** Against aws-ses-v2-local, a stand-in for the API that others have written: our own fake could share our misunderstandings. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, describe, test } from 'node:test';
import local from 'aws-ses-v2-local';
import { askSesAccount } from './account.ts';
import { credentials, envelope, mail, patient, serverAt } from './testing.ts';
import { createSesTransport } from './transport.ts';

/** CommonJS: its default export is one level down. */
const startLocal = (local as unknown as { default: (config: { host: string; port: number }) => Promise<Server> })
  .default;

type Stored = {
  messageId: string;
  from: string;
  destination: { to: string[] };
  subject: string;
  body: { text: string };
};

const quota = { Max24HourSend: 200, MaxSendRate: 1, SentLast24Hours: 3 };

/** All that it wants to see before it hands the account out. */
const account = {
  DedicatedIpAutoWarmupEnabled: false,
  Details: {
    AdditionalContactEmailAddresses: [],
    ContactLanguage: 'EN',
    MailType: 'MARKETING',
    ReviewDetails: { CaseId: '1', Status: 'GRANTED' },
    UseCaseDescription: '',
    WebsiteURL: '',
  },
  EnforcementStatus: 'PROBATION',
  ProductionAccessEnabled: false,
  SendingEnabled: true,
  SendQuota: quota,
  SuppressionAttributes: { SuppressedReasons: [] },
};

describe('aws-ses-v2-local', () => {
  let server: Server;
  let port: number;
  before(async () => {
    server = await startLocal({ host: '127.0.0.1', port: 0 });
    port = (server.address() as AddressInfo).port;
  });
  after(async () => {
    delete process.env['AWS_SES_ACCOUNT'];
    server.closeAllConnections();
    await once(server.close(), 'close');
  });

  const ask = () =>
    askSesAccount({ region: 'eu-west-1', endpoint: `http://127.0.0.1:${port}`, credentials, timeoutMs: 20_000 });

  test('takes a rendered message, and gives it the id that is kept', async () => {
    const connection = await createSesTransport({ timeouts: patient, probeMs: 20_000 }).open(serverAt(port));
    const result = await connection.send(envelope, mail.replace('\u00e4', 'there'));
    await connection.close();
    assert.equal(result.kind, 'ACCEPTED');
    const store = (await (await fetch(`http://127.0.0.1:${port}/store`)).json()) as { emails: Stored[] };
    const [email] = store.emails;
    assert.equal(email!.messageId, result.remoteId);
    assert.equal(email!.from, envelope.from);
    assert.deepEqual(email!.destination.to, [envelope.to]);
    assert.equal(email!.body.text.trim(), 'Hello there\n.a dot');
  });

  test('refuses a message without a sender', async () => {
    const connection = await createSesTransport({ timeouts: patient, probeMs: 20_000 }).open(serverAt(port));
    const result = await connection.send(envelope, 'Subject: Hi\r\n\r\nHello\r\n');
    await connection.close();
    // It names no exception as AWS does: a refusal of somebody unknown, so the message may go elsewhere.
    assert.deepEqual(result.kind, 'SERVER_FAILURE');
  });

  test('tells the account that it was given, and refuses without one', async () => {
    process.env['AWS_SES_ACCOUNT'] = JSON.stringify(account);
    assert.deepEqual(await ask(), {
      ok: true,
      account: {
        sendingEnabled: true,
        productionAccess: false,
        enforcementStatus: 'PROBATION',
        maxSendRate: 1,
        max24HourSend: 200,
        sentLast24Hours: 3,
      },
    });
    delete process.env['AWS_SES_ACCOUNT'];
    assert.deepEqual(await ask(), { ok: false, stage: 'CONNECT', message: 'HTTP 400: Bad Request Exception' });
  });
});
