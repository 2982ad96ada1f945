import assert from 'node:assert/strict';
import { it } from 'node:test';
import { messageIdSecret } from './message-id-secret.ts';

it('is the same in every sender with the same credentials key, another with another, and does not tell the key', () => {
  const key = new Uint8Array(32).fill(7);
  const secret = messageIdSecret(key);
  assert.equal(secret, messageIdSecret(key.slice()));
  assert.notEqual(secret, messageIdSecret(new Uint8Array(32).fill(8)));
  assert.notEqual(secret, Buffer.from(key).toString('base64url'));
  assert.equal(Buffer.from(secret, 'base64url').length, 32);
});
