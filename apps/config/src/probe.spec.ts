import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import { createFakeServerStore } from './domain/fake-stores.ts';
import type { Result } from './domain/result.ts';
import { neverVerified, toServerRecord } from './domain/sending-server.ts';
import { accountWith, sesServerWith } from './domain/testing.ts';
import { createVerifySendingServer } from './domain/verify-sending-server.ts';
import { createProbe, type ProbeDeps } from './probe.ts';

let now = 0;
const clock = () => new Date(now);
const seal = (data: string) => ({ keyId: 'k', iv: '', data, tag: '' });
let servers = createFakeServerStore();
const valueOf = <T>(result: Result<T>): T => {
  assert.ok(result.ok, JSON.stringify(result));
  return result.value;
};

beforeEach(() => {
  now += 1e9;
  servers = createFakeServerStore();
});

const unused = (): never => assert.fail('not asked');
const { checkedAt: _, ...account } = accountWith();
const probeOf = (change: Partial<ProbeDeps>) =>
  createProbe({
    open: () => 'secret',
    talk: unused,
    askSes: async () => ({ ok: true, account }),
    now: clock,
    allowPrivate: true,
    lookup: unused,
    ...change,
  });

const refuseWith =
  (message: string): ProbeDeps['askSes'] =>
  async () => ({ ok: false, stage: 'AUTH', message });

describe('verifying a server of kind SES', () => {
  it('asks the endpoint with the key pair, and stores what the account says', async () => {
    const asked: unknown[] = [];
    const askSes: ProbeDeps['askSes'] = async (question) => {
      asked.push(question);
      return { ok: true, account };
    };
    const server = sesServerWith({ username: 'AKIA', password: seal('secret'), verification: neverVerified });
    await servers.insert(server);
    const probe = probeOf({ askSes });
    const next = valueOf(await createVerifySendingServer({ servers, probe, now: clock })(server.id));
    const credentials = { accessKeyId: 'AKIA', secretAccessKey: 'secret' };
    const endpoint = 'https://email.eu-central-1.amazonaws.com:443';
    assert.deepEqual(asked, [{ region: 'eu-central-1', endpoint, credentials, caCertificate: null }]);
    assert.deepEqual(next.ses?.account, { ...account, checkedAt: clock() });
    assert.equal(next.verification.status, 'PASSED');
  });

  it('asks without TLS only where the policy is NONE, and with the credentials of the process when there are none', async () => {
    let asked: unknown;
    const askSes: ProbeDeps['askSes'] = async (question) => {
      asked = question;
      return { ok: false, stage: 'CONNECT', message: 'no' };
    };
    await probeOf({ askSes })(sesServerWith({ host: '::1', port: 8005, tls: 'NONE' }));
    const expected = { region: 'eu-central-1', endpoint: 'http://[::1]:8005', credentials: null, caCertificate: null };
    assert.deepEqual(asked, expected);
  });

  it('fails in words at an account that is paused, and shows the account', async () => {
    const server = sesServerWith({ verification: neverVerified });
    await servers.insert(server);
    const probe = probeOf({ askSes: async () => ({ ok: true, account: { ...account, sendingEnabled: false } }) });
    const next = valueOf(await createVerifySendingServer({ servers, probe, now: clock })(server.id));
    assert.deepEqual([next.verification.status, next.verification.failedStage], ['FAILED', 'AUTH']);
    assert.match(next.verification.message!, /paused/);
    assert.equal(next.ses?.account?.sendingEnabled, false);
    assert.equal(toServerRecord(next).verified, false);
  });

  it('takes the secret out of what the other side says', async () => {
    const refusing = { open: () => 'canary-1', askSes: refuseWith('bad canary-1') };
    const answer = await probeOf(refusing)(sesServerWith({ username: 'AKIA', password: seal('x') }));
    assert.ok(!answer.ok && !answer.message.includes('canary-1'));
  });

  it('does not reach a private address when that is not allowed', async () => {
    const deps = { allowPrivate: false, lookup: async () => [{ address: '10.0.0.1' }], askSes: unused };
    const answer = await probeOf(deps)(sesServerWith());
    assert.equal(!answer.ok && answer.stage, 'CONNECT');
  });
});
