import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isAppError } from '@sendpool/kernel';
import { Webhook as Signer } from 'standardwebhooks';
import { createSecretKeeper } from '../../webhook-secrets.ts';
import { createSignedPost } from './signed-post.ts';

const keeperOf = (byte: number) =>
  createSecretKeeper({ WEBHOOK_KEY: new Uint8Array(32).fill(byte), WEBHOOK_KEY_PREVIOUS: undefined });
const [present, lost] = [keeperOf(1), keeperOf(2)];
const now = new Date();
const body = '{}';

/** The signatures of a message; `secret` and `previous` are sealed under one of the keys. */
const signaturesOf = async (secret: ReturnType<typeof present.seal>, previous: typeof secret): Promise<string> => {
  let signatures = '';
  const send = async ({ headers }: { headers: Readonly<Record<string, string>> }) => {
    signatures = headers['webhook-signature']!;
    return { status: 204, text: '', retryAfterMs: null };
  };
  const target = { id: 'w', url: 'https://example.com/', secret, previousSecret: previous };
  const post = createSignedPost({ post: { send }, open: present.open, now: () => now });
  await post({ ...target, previousUntil: new Date(now.getTime() + 1000) }, { id: 'm', body });
  return signatures;
};

test('a new secret signs alone when the one before does not open: its key was lost, which is why there is a new one', async () => {
  const secret = present.newSecret();
  const signatures = await signaturesOf(present.seal(secret, 'w'), lost.seal(lost.newSecret(), 'w'));
  assert.equal(signatures, new Signer(secret).sign('m', now, body));
});

test('nothing is sent when the secret itself does not open, even if the one before does', async () => {
  const sending = signaturesOf(lost.seal(lost.newSecret(), 'w'), present.seal(present.newSecret(), 'w'));
  await assert.rejects(sending, (error) => isAppError(error, 'DECRYPTION_FAILED'));
});
