/** A pool of an SMTP relay and an Amazon SES account, through the public door. The SES is a stand-in that checks every signature; AWS is never asked. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { startSesFake, startSink, type SesFake, type Sink } from '@sendpool/testing';
import { fromDomain } from '../../apps/standalone/demo/servers.ts';
import { updatePool } from './engine-scene.ts';
import { command, endStage, setStage, waitUntil, type Stage } from './stage.ts';

const recipients = 400;
const credentials = { accessKeyId: 'AKIAEXAMPLE', secretAccessKey: 'made-at-run-time' };

const create = `mutation ($input: CreateSendingServerInput!) { createSendingServer(input: $input) {
  ... on SendingServerPayload { server { id } } ... on Refused { errors { message path } } } }`;
const verify = `mutation ($input: VerifySendingServerInput!) { verifySendingServer(input: $input) {
  ... on SendingServerPayload { server { verification { status message } effectiveLimits { messagesPerSecond messagesPerDay }
    ses { region account { productionAccess maxSendRate } } } } ... on Refused { errors { message path } } } }`;

type Verified = {
  verification: { status: string; message: string | null };
  effectiveLimits: { messagesPerSecond: number | null; messagesPerDay: number | null };
  ses: { region: string; account: { productionAccess: boolean; maxSendRate: number } | null };
};

describe('a pool with Amazon SES', () => {
  let fake: SesFake;
  let sink: Sink;
  let stage: Stage;
  let sesId: string;

  before(async () => {
    fake = await startSesFake({
      credentials,
      account: { SendQuota: { Max24HourSend: 50_000, MaxSendRate: 100, SentLast24Hours: 0 } },
    });
    sink = await startSink();
    stage = await setStage({
      targets: [{ name: 'relay', port: sink.port, weight: 1, messagesPerSecond: 40 }],
      recipients,
    });
  });

  after(async () => {
    await endStage(stage);
    await sink.stop();
    await fake.stop();
  });

  it('asks the account when it is verified, and takes its rate and quota as limits', async () => {
    const input = {
      name: 'ses',
      kind: 'SES',
      host: '127.0.0.1',
      port: fake.port,
      tls: 'NONE',
      username: credentials.accessKeyId,
      password: credentials.secretAccessKey,
      fromDomains: [fromDomain],
      ses: { region: 'eu-central-1', configurationSet: 'campaigns' },
    };
    const made = await stage.api.run<{ createSendingServer: { server: { id: string } } }>(create, { input });
    sesId = made.createSendingServer.server.id;
    const { verifySendingServer } = await stage.api.run<{ verifySendingServer: { server: Verified } }>(verify, {
      input: { id: sesId },
    });
    const { verification, effectiveLimits, ses } = verifySendingServer.server;
    assert.deepEqual(verification, { status: 'PASSED', message: null });
    assert.deepEqual(effectiveLimits, { messagesPerSecond: 90, messagesPerDay: 50_000 });
    assert.deepEqual(ses, { region: 'eu-central-1', account: { productionAccess: true, maxSendRate: 100 } });
  });

  it('sends by weight over both; a throttled call moves on, and a lost answer is UNKNOWN', async () => {
    await updatePool(stage, {
      members: [
        { serverId: stage.serverIds.get('relay'), weight: 1 },
        { serverId: sesId, weight: 1 },
      ],
    });
    fake.fail(
      { do: 'ANSWER', status: 429, code: 'TooManyRequestsException', message: 'Too many requests' },
      { do: 'RESET' },
    );
    await command(stage, 'startCampaign');
    const { progress } = await waitUntil(
      stage,
      ({ progress: now }) => now.total > 0 && now.accepted + now.unknown === recipients,
    );
    assert.equal(progress.unknown, 1);
    assert.equal(fake.mails.length + sink.received.length, progress.accepted);
    assert.ok(fake.mails.length > 20, `${fake.mails.length} by SES`);
    const addresses = new Set([...fake.mails.flatMap(({ to }) => to), ...sink.received.map(({ to }) => to)]);
    assert.equal(addresses.size, progress.accepted, 'somebody got it twice');
    assert.equal(fake.mails[0]?.configurationSet, 'campaigns');
    assert.match(fake.mails[0].raw, /^From: /);
  });

  it('shows the secret to nobody', () => {
    assert.ok(fake.requests.length > 0);
    for (const request of fake.requests) assert.ok(!request.includes(credentials.secretAccessKey));
  });
});
