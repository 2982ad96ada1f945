import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Webhook as Signer } from 'standardwebhooks';
import { isAppError } from '@sendpool/kernel';
import { keyIdOf } from '@sendpool/service';
import { done, refuse, type Result } from './domain/refusal.ts';
import { healthy, unknownWebhook, type Webhook, type WebhookChange } from './domain/webhook.ts';
import { createSecretKeeper, renewSecrets } from './webhook-secrets.ts';

type Key = Uint8Array<ArrayBuffer>;
const keyOf = (byte: number): Key => new Uint8Array(32).fill(byte);
const [older, newer, strange] = [keyOf(1), keyOf(2), keyOf(3)];
const keeperOf = (key: Key, before?: Key) => createSecretKeeper({ WEBHOOK_KEY: key, WEBHOOK_KEY_PREVIOUS: before });
const isRefused = (error: unknown): boolean => isAppError(error, 'DECRYPTION_FAILED');

const withSecret = (id: string, key: Key): Webhook => {
  const secret = keeperOf(key).seal('whsec_c2VjcmV0', id);
  const rest = {
    name: id,
    url: 'https://example.com/',
    events: [],
    campaignId: null,
    createdAt: new Date(0),
    revision: 1,
  };
  return { id, ...rest, ...healthy, secret, previousSecret: null, previousUntil: null, enabled: true };
};

const storeOf = (rows: Map<string, Webhook>) => ({
  all: async () => [...rows.values()],
  change: async (id: string, decide: (webhook: Webhook) => Result<WebhookChange>): Promise<Result<Webhook>> => {
    const before = rows.get(id);
    const decision = before === undefined ? refuse(unknownWebhook) : decide(before);
    if (!decision.ok) return decision;
    rows.set(id, { ...decision.value.webhook, revision: before!.revision + 1 });
    return done(rows.get(id)!);
  },
});

test('a secret is 32 bytes that the library takes, and opens for its own webhook under its own key alone', () => {
  const keeper = keeperOf(newer);
  const secret = keeper.newSecret();
  assert.match(secret, /^whsec_[A-Za-z0-9+/]{43}=$/);
  assert.match(new Signer(secret).sign('m', new Date(), '{}'), /^v1,/);
  assert.notEqual(secret, keeper.newSecret());
  const sealed = keeper.seal(secret, 'w1');
  assert.ok(!JSON.stringify(sealed).includes(secret.slice(6)));
  assert.equal(keeper.open(sealed, 'w1'), secret);
  assert.throws(() => keeper.open(sealed, 'w2'), isRefused);
  assert.throws(() => keeperOf(strange).open(sealed, 'w1'), isRefused);
});

test('after a change of the key everything is sealed anew at the start; what no key opens is left as it is', async () => {
  const rows = new Map(
    [withSecret('w1', older), withSecret('w2', newer), withSecret('w3', strange)].map((one) => [one.id, one]),
  );
  const store = storeOf(rows);
  await renewSecrets(store, keeperOf(newer, older));
  const keys = [...rows.values()].map(({ secret }) => secret.keyId);
  assert.deepEqual(keys, [keyIdOf(newer), keyIdOf(newer), keyIdOf(strange)]);
  assert.deepEqual(
    [...rows.values()].map(({ revision }) => revision),
    [2, 1, 1],
  );
  assert.equal(keeperOf(newer).open(rows.get('w1')!.secret, 'w1'), 'whsec_c2VjcmV0');
});
