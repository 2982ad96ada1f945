import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, it } from 'node:test';
import type { ApiKeyRecord } from '@sendpool/contracts';
import { seededRandom } from '@sendpool/kernel';
import fc from 'fast-check';
import { createKeyRing } from './key-ring.ts';

const text = 'sp_0123abcd_secret';
const key = (change: Partial<ApiKeyRecord> = {}): ApiKeyRecord => ({
  id: 'key-1',
  revision: 1,
  name: 'shop',
  role: 'OPERATOR',
  hash: createHash('sha256')
    .update(change.id ?? text)
    .digest('hex'),
  expiresAt: null,
  revoked: false,
  ...change,
});

describe('the key ring', () => {
  it('finds a key by its text and nothing by any other text', () => {
    const ring = createKeyRing();
    ring.learn(key());
    assert.equal(ring.find(text, 0)?.id, 'key-1');
    assert.equal(ring.find(`${text}x`, 0), undefined);
    assert.equal(ring.find('', 0), undefined);
    assert.equal(ring.find(key().hash, 0), undefined);
  });

  it('refuses a key from the moment it expires', () => {
    const ring = createKeyRing();
    ring.learn(key({ expiresAt: 1000 }));
    assert.equal(ring.find(text, 999)?.id, 'key-1');
    assert.equal(ring.find(text, 1000), undefined);
  });

  it('holds a key that was found until it is revoked, expires, or has another text or role', () => {
    const ring = createKeyRing();
    const found = key({ expiresAt: 1000 });
    assert.equal(ring.holds(found, 0), false);
    ring.learn(found);
    assert.deepEqual([ring.holds(found, 999), ring.holds(found, 1000)], [true, false]);
    for (const change of [{ revoked: true }, { hash: 'f'.repeat(64) }, { role: 'READER' as const }]) {
      const changed = createKeyRing();
      changed.learn(key({ ...change, revision: 2 }));
      assert.equal(changed.holds(key(), 0), false, JSON.stringify(change));
    }
    ring.learn(key({ revision: 2, name: 'new name' }));
    assert.equal(ring.holds(found, 2000), true);
  });

  it('never lets a late older record bring a revoked key back', () => {
    const ring = createKeyRing();
    ring.learn(key({ revision: 2, revoked: true }));
    ring.learn(key({ revision: 1 }));
    assert.equal(ring.find(text, 0), undefined);
  });

  it('forgets the old text of a key that got a new hash', () => {
    const ring = createKeyRing();
    ring.learn(key());
    ring.learn(key({ revision: 2, hash: createHash('sha256').update('other').digest('hex') }));
    assert.equal(ring.find(text, 0), undefined);
    assert.equal(ring.find('other', 0)?.revision, 2);
  });

  it('ends in the highest revision of each key in whatever order the records come', () => {
    const revisions = fc.array(fc.record({ id: fc.constantFrom('a', 'b'), revision: fc.nat(9) }), { minLength: 1 });
    fc.assert(
      fc.property(revisions, fc.nat(), (records, seed) => {
        const random = seededRandom(seed);
        const shuffled = records.map((record) => ({ record, at: random() })).sort((a, b) => a.at - b.at);
        const ring = createKeyRing();
        for (const { record } of shuffled) ring.learn(key(record));
        for (const id of ['a', 'b']) {
          const highest = Math.max(-1, ...records.filter((record) => record.id === id).map(({ revision }) => revision));
          assert.equal(ring.find(id, 0)?.revision ?? -1, highest);
        }
      }),
    );
  });
});
