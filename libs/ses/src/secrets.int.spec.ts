/** Whatever the other side says back of a request, nothing that could be used to send in our name is told. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SesFake } from '@sendpool/testing';
import { askSesAccount } from './account.ts';
import { accessOf } from './server.ts';
import { credentials, envelope, mail, patient, serverAt, withFake } from './testing.ts';
import { createSesTransport } from './transport.ts';

const sessionToken = 'IQoJb3JpZ2luX2VjEXAMPLETOKEN';

/** What was sent or is known, in the forms in which it could come back. */
const text = [
  credentials.secretAccessKey,
  Buffer.from(credentials.secretAccessKey).toString('base64'),
  encodeURIComponent(credentials.secretAccessKey),
  credentials.accessKeyId,
].join(' ');

/** Of the key, the secret, their forms and the token that were configured, and of the signature that was sent. */
const assertSilent = (told: unknown, fake: SesFake): void => {
  const [request = ''] = fake.requests.slice(-1);
  const [, signature] = /Signature=(\w+)/.exec(request) ?? [];
  assert.ok(signature !== undefined && signature.length === 64, 'nothing was signed');
  const words = JSON.stringify(told);
  assert.match(words, /\*\*\*/);
  for (const secret of [...text.split(' '), sessionToken, signature])
    assert.ok(!words.includes(secret), `${secret} is told: ${words}`);
};

/** Credentials of the process, as a role of a machine has them. */
const withRole = async (check: () => Promise<void>): Promise<void> => {
  const role = {
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    AWS_SESSION_TOKEN: sessionToken,
  };
  const before = Object.keys(role).map((name) => [name, process.env[name]] as const);
  Object.assign(process.env, role);
  try {
    await check();
  } finally {
    for (const [name, value] of before)
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
  }
};

const keyPair = (fake: SesFake) => serverAt(fake.port);
const ofTheProcess = (fake: SesFake) => serverAt(fake.port, { username: null, password: null });

for (const [whose, serverOf, around, said] of [
  ['a key pair', keyPair, (check: () => Promise<void>) => check(), text],
  // With a role the other side knows no more than what it was sent.
  ['a role', ofTheProcess, withRole, ''],
] as const)
  for (const status of [200, 400, 403, 500])
    test(`an answer ${status} that says the request back tells nothing of ${whose}`, () =>
      withFake({ credentials: null }, (fake) =>
        around(async () => {
          fake.failAlways({ do: 'ECHO', status, text: said });
          const server = serverOf(fake);
          const transport = createSesTransport({ timeouts: patient, probeMs: 10_000 });
          const connection = await transport.open(server);
          assertSilent(await connection.send(envelope, mail), fake);
          await connection.close();
          assertSilent(await askSesAccount({ ...accessOf(server), timeoutMs: 10_000 }), fake);
        }),
      ));

test('a probe of an account that may not send tells nothing either', () =>
  withFake({ credentials: null, account: { SendingEnabled: false, EnforcementStatus: text } }, async (fake) => {
    const transport = createSesTransport({ timeouts: patient, probeMs: 10_000 });
    assertSilent(await transport.probe(serverAt(fake.port)), fake);
  }));

test('a text too short for a key id takes no words apart', () =>
  withFake({ credentials: null }, async (fake) => {
    fake.failAlways({ do: 'ANSWER', status: 403, code: 'AccessDenied', message: 'a key that is not allowed' });
    const answer = await askSesAccount({ ...accessOf(serverAt(fake.port, { username: 'a' })), timeoutMs: 10_000 });
    assert.match(JSON.stringify(answer), /a key that is not allowed/);
  }));
