/** Signing in as it is put together: a token of a running identity provider on every transport, and the use of a key in the event log. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { apiKeysTopic, apiKeyUsesTopic, topicSpecs } from '@sendpool/contracts';
import { freshDatabase } from '@sendpool/database/testing';
import { createEventLog } from '@sendpool/event-log';
import { exportJWK, generateKeyPair, SignJWT, type CryptoKey } from 'jose';
import { doors } from './doors.fixture.ts';
import { readGatewayEnv } from './env.ts';
import { keyRecord, publishKey, startScene, type Scene } from './scene.fixture.ts';
import { createSignIn } from './sign-in.ts';

const silent = (): void => undefined;
const log = { debug: silent, info: silent, warn: silent, error: silent };
const [issuer, audience] = ['https://id.example.com/', 'sendpool'];

describe('a token at the gateway', () => {
  let scene: Scene;
  let privateKey: CryptoKey;
  const provider = createServer();
  before(async () => {
    const pair = await generateKeyPair('RS256');
    privateKey = pair.privateKey;
    const keys = [{ ...(await exportJWK(pair.publicKey)), kid: 'k', alg: 'RS256' }];
    provider.on('request', (_, res) => res.end(JSON.stringify({ keys })));
    provider.listen(0, '127.0.0.1');
    await once(provider, 'listening');
    const url = `http://127.0.0.1:${(provider.address() as AddressInfo).port}`;
    const env = {
      JWT_ISSUER: issuer,
      JWT_AUDIENCE: audience,
      JWT_JWKS_URL: url,
      JWT_ROLE_CLAIM: 'https://example.com/role',
    };
    scene = await startScene(env);
  });
  after(async () => {
    await scene.stop();
    provider.closeAllConnections();
    provider.close();
  });

  const tokenOf = (role: string, expires = '1m'): Promise<string> =>
    new SignJWT({ 'https://example.com/role': role })
      .setProtectedHeader({ alg: 'RS256', kid: 'k' })
      .setIssuer(issuer)
      .setAudience(audience)
      .setSubject('somebody@example.com')
      .setExpirationTime(expires)
      .sign(privateKey);

  for (const [name, ask] of Object.entries(doors))
    it(`opens ${name} for what its role may do`, async () => {
      const mutation = { query: 'mutation { pauseCampaign(input: { id: "1" }) { __typename } }' };
      const token = await tokenOf('reader');
      assert.deepEqual((await ask(scene, { query: '{ statsLag { counted } }' }, token)).data, {
        statsLag: { counted: '7' },
      });
      assert.equal((await ask(scene, mutation, token)).errors?.[0]?.extensions['code'], 'FORBIDDEN');
      assert.ok((await ask(scene, mutation, await tokenOf('Operator'))).data);
    });

  it('is answered like a wrong key when it has expired', async () => {
    const expired = await scene.ask({ query: '{ __typename }' }, await tokenOf('reader', '-1m'));
    const wrong = await scene.ask({ query: '{ __typename }' }, 'sp_wrong');
    assert.deepEqual([expired.status, expired.text], [401, wrong.text]);
  });
});

it('the use of a key is in the event log once the gateway has stopped, and that of no other key', async () => {
  await using database = await freshDatabase();
  const eventLog = await createEventLog({ url: database.url, applicationName: 'spec' });
  await eventLog.ensureTopics(topicSpecs([apiKeysTopic], 1));
  for (const id of ['used', 'idle']) await publishKey(eventLog, keyRecord(id));
  const urls = {
    CONFIG_URL: 'http://127.0.0.1:9',
    SCHEDULER_URL: 'http://127.0.0.1:9',
    STATS_URL: 'http://127.0.0.1:9',
  };
  const env = readGatewayEnv({ HTTP_PORT: '0', EVENT_LOG_URL: database.url, INTERNAL_SECRET: 's'.repeat(32), ...urls });
  const { authenticate, parts } = createSignIn({ env, eventLog, log });
  for (const part of parts) await part.start?.();
  const began = Date.now();
  for (let turn = 0; turn < 3; turn += 1) assert.equal((await authenticate('Bearer used'))?.isValid(), true);
  assert.equal(await authenticate('Bearer wrong'), undefined);
  for (const part of parts.toReversed()) await part.stop?.(1000);
  const uses = (await eventLog.read(apiKeyUsesTopic.name, 0, 0, 10)).map(({ value }) => apiKeyUsesTopic.decode(value));
  await eventLog.close();
  assert.deepEqual(
    uses.map(({ id }) => id),
    ['used'],
  );
  assert.ok(uses[0]!.at >= began && uses[0]!.at <= Date.now());
});
