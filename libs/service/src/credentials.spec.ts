import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { describe, it } from 'node:test';
import { isAppError } from '@sendpool/kernel';
import fc from 'fast-check';
import { keyIdOf, openingKeys, openSecret, sealSecret } from './credentials.ts';

const key = new Uint8Array(32).fill(1);
const failsToOpen = (open: () => string): void =>
  assert.throws(open, (error) => isAppError(error, 'DECRYPTION_FAILED') && !error.message.includes('hunter2'));

const flip = (base64: string, bit: number): string => {
  const bytes = Buffer.from(base64, 'base64');
  bytes[Math.floor(bit / 8) % bytes.length]! ^= 1 << (bit % 8);
  return bytes.toString('base64');
};

describe('a sealed secret', () => {
  it('opens to the same text for its owner', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.uuid(), (plain, owner) =>
        assert.equal(openSecret(sealSecret(plain, owner, key), owner, [key]), plain),
      ),
    );
  });

  it('shows neither the text nor whether two texts are the same', () => {
    const [a, b] = [sealSecret('hunter2', 'a', key), sealSecret('hunter2', 'a', key)];
    assert.ok(!Buffer.from(a.data, 'base64').includes('hunter2'));
    assert.notEqual(a.data, b.data);
    assert.notEqual(a.iv, b.iv);
  });

  it('does not open for another owner, so that it cannot be moved to another row', () => {
    failsToOpen(() => openSecret(sealSecret('hunter2', 'server-1', key), 'server-2', [key]));
  });

  it('does not open after any bit has changed', () => {
    const sealed = sealSecret('hunter2', 'a', key);
    fc.assert(
      fc.property(fc.constantFrom('iv', 'data', 'tag'), fc.nat(127), (part, bit) =>
        failsToOpen(() => openSecret({ ...sealed, [part]: flip(sealed[part], bit) }, 'a', [key])),
      ),
    );
    failsToOpen(() => openSecret({ ...sealed, tag: '' }, 'a', [key]));
    failsToOpen(() => openSecret({ ...sealed, tag: sealed.tag.slice(0, 8) }, 'a', [key]));
  });

  it('opens with the previous key while secrets are sealed anew, and with no third one', () => {
    const [present, previous] = [randomBytes(32), randomBytes(32)];
    const keys = openingKeys({ CREDENTIALS_KEY: present, CREDENTIALS_KEY_PREVIOUS: previous });
    for (const one of [present, previous])
      assert.equal(openSecret(sealSecret('hunter2', 'a', one), 'a', keys), 'hunter2');
    failsToOpen(() => openSecret(sealSecret('hunter2', 'a', key), 'a', keys));
    failsToOpen(() => openSecret(sealSecret('hunter2', 'a', previous), 'a', openingKeys({ CREDENTIALS_KEY: present })));
  });

  it('names the key that is missing when it was sealed under another one', () => {
    const other = randomBytes(32);
    const sealed = sealSecret('hunter2', 'a', other);
    assert.equal(sealed.keyId, createHash('sha256').update(other).digest('hex').slice(0, 8));
    assert.throws(() => openSecret(sealed, 'a', [key]), new RegExp(`${sealed.keyId}.*${keyIdOf(key)}`));
  });
});
