import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import type { Role } from '@sendpool/contracts';
import { newId } from '@sendpool/kernel';
import { hashOf, isUsableKey, toKeyRecord } from './api-key.ts';
import { createBootstrapAdminKey } from './bootstrap-admin-key.ts';
import { createCreateApiKey } from './create-api-key.ts';
import { createFakeKeyStore } from './fake-stores.ts';
import { createRevokeApiKey } from './revoke-api-key.ts';

const start = Date.parse('2026-11-24T12:00:00Z');
let now = start;
let keys = createFakeKeyStore();
const deps = () => ({ keys, newId, now: () => new Date(now) });
const create = async (role: Role, expiresAt: Date | null = null) => {
  const result = await createCreateApiKey(deps())({ name: 'CI', role, expiresAt });
  assert.ok(result.ok, JSON.stringify(result));
  return result.value;
};
const revoke = (id: string) => createRevokeApiKey(deps())(id);
const codeOf = (result: Awaited<ReturnType<typeof revoke>>) => (result.ok ? undefined : result.errors[0]!.code);

beforeEach(() => {
  now = start;
  keys = createFakeKeyStore();
});

describe('creating an API key', () => {
  it('shows the text once and keeps its hash and its first characters only', async () => {
    const { apiKey, secret } = await create('OPERATOR');
    assert.match(secret, /^sp_[0-9a-f]{8}_[A-Za-z0-9_-]{43}$/);
    assert.equal(apiKey.prefix, secret.slice(0, 11));
    assert.equal(apiKey.hash, hashOf(secret));
    assert.ok(!JSON.stringify([...keys.rows.values(), toKeyRecord(apiKey)]).includes(secret.slice(12)));
  });

  it('refuses an empty name and a time that is past', async () => {
    const result = await createCreateApiKey(deps())({ name: ' ', role: 'READER', expiresAt: new Date(now) });
    assert.ok(!result.ok);
    assert.deepEqual(
      result.errors.map(({ path }) => path?.join('.')),
      ['input.name', 'input.expiresAt'],
    );
    assert.equal(keys.rows.size, 0);
  });
});

describe('revoking an API key', () => {
  it('keeps the last usable ADMIN key, whatever other keys there are', async () => {
    const { apiKey } = await create('ADMIN');
    await create('OPERATOR');
    const other = await create('ADMIN');
    assert.equal(codeOf(await revoke(other.apiKey.id)), undefined);
    assert.equal(codeOf(await revoke(apiKey.id)), 'CONFLICT');
    assert.ok(isUsableKey(keys.rows.get(apiKey.id)!, new Date(now)));
  });

  it('does not count an ADMIN key that has expired', async () => {
    const { apiKey } = await create('ADMIN');
    const expiring = await create('ADMIN', new Date(now + 1000));
    now += 1000;
    assert.equal(codeOf(await revoke(apiKey.id)), 'CONFLICT');
    assert.equal(codeOf(await revoke(expiring.apiKey.id)), undefined);
  });

  it('says it on the topic with a higher revision, and does it once', async () => {
    const { apiKey } = await create('READER');
    const first = await revoke(apiKey.id);
    const again = await revoke(apiKey.id);
    assert.deepEqual(first, again);
    const record = toKeyRecord(keys.rows.get(apiKey.id)!);
    assert.deepEqual([record.revision, record.revoked], [2, true]);
    assert.equal(codeOf(await revoke('nonsense')), 'NOT_FOUND');
  });
});

describe('the first key', () => {
  it('is put in while there is no key, and never after', async () => {
    const put = createBootstrapAdminKey(deps());
    assert.equal(await put({ hash: hashOf('a'), prefix: 'sp_00000000' }), true);
    assert.equal(await put({ hash: hashOf('b'), prefix: 'sp_00000001' }), false);
    const [key] = [...keys.rows.values()];
    assert.deepEqual([key?.hash, key?.role, keys.rows.size], [hashOf('a'), 'ADMIN', 1]);
  });
});
