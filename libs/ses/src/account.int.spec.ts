import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SesFault } from '@sendpool/testing';
import { askSesAccount } from './account.ts';
import { credentials, patient, serverAt, withFake } from './testing.ts';
import { createSesTransport } from './transport.ts';

const askAt = (port: number, timeoutMs = 20_000) =>
  askSesAccount({ region: 'eu-west-1', endpoint: `http://127.0.0.1:${port}`, credentials, timeoutMs });

test('the account tells whether it may send, and how much', () =>
  withFake({}, async (fake) => {
    assert.deepEqual(await askAt(fake.port), {
      ok: true,
      account: {
        sendingEnabled: true,
        productionAccess: true,
        enforcementStatus: 'HEALTHY',
        maxSendRate: 14,
        max24HourSend: 50_000,
        sentLast24Hours: 1234,
      },
    });
  }));

test('a quota of -1 is none', () =>
  withFake({ account: { SendQuota: { Max24HourSend: -1, MaxSendRate: 100, SentLast24Hours: 0 } } }, async (fake) => {
    const answer = await askAt(fake.port);
    assert.ok(answer.ok);
    assert.equal(answer.account.max24HourSend, null);
  }));

const refusals: [title: string, fault: SesFault, stage: string, message: RegExp, timeoutMs?: number][] = [
  [
    'a missing right',
    { do: 'ANSWER', status: 403, code: 'AccessDeniedException', message: 'not authorized to perform ses:GetAccount' },
    'AUTH',
    /AccessDenied: not authorized/,
  ],
  [
    'a key that is named in the answer',
    { do: 'ANSWER', status: 403, code: 'UnrecognizedClientException', message: JSON.stringify(credentials) },
    'AUTH',
    /^UnrecognizedClient: \{"accessKeyId":"\*\*\*","secretAccessKey":"\*\*\*"\}$/,
  ],
  ['throttling', { do: 'ANSWER', status: 429, code: 'TooManyRequestsException', message: '' }, 'CONNECT', /TooMany/],
  ['a page', { do: 'ANSWER', status: 200, body: '<html>' }, 'CONNECT', /not one of Amazon SES/],
  ['an empty answer', { do: 'ANSWER', status: 200, body: '{}' }, 'CONNECT', /not one of Amazon SES/],
  ['a reset', { do: 'RESET' }, 'CONNECT', /ECONNRESET/],
  ['no answer', { do: 'HANG' }, 'CONNECT', /no answer within 1000 ms/, 1000],
];

for (const [title, fault, stage, message, timeoutMs] of refusals)
  test(`${title} is told as ${stage}, in words without a key`, () =>
    withFake({}, async (fake) => {
      fake.fail(fault);
      const answer = await askAt(fake.port, timeoutMs);
      assert.ok(!answer.ok);
      assert.equal(answer.stage, stage);
      assert.match(answer.message, message);
      assert.doesNotMatch(answer.message, /wJalrXUtnFEMI|AKIDEXAMPLE/);
    }));

test('nobody at the port is told as CONNECT', async () => {
  const answer = await askAt(1);
  assert.deepEqual(answer, { ok: false, stage: 'CONNECT', message: 'ECONNREFUSED' });
});

test('a probe passes only when the account may send', async () => {
  const transport = createSesTransport({ timeouts: patient, probeMs: 20_000 });
  await withFake({}, async (fake) => {
    assert.deepEqual(await transport.probe(serverAt(fake.port)), { ok: true });
    const wrong = await transport.probe(serverAt(fake.port, { password: 'another' }));
    assert.deepEqual(wrong, { ok: false, stage: 'AUTH', message: 'InvalidSignature: wrong signature' });
    assert.equal(fake.mails.length, 0);
  });
  await withFake({ account: { SendingEnabled: false, EnforcementStatus: 'SHUTDOWN' } }, async (fake) => {
    const probed = await transport.probe(serverAt(fake.port));
    assert.ok(!probed.ok);
    assert.match(probed.message, /SHUTDOWN/);
  });
});
