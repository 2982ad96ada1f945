import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { loginSecrets, maskSecrets } from './mask-secrets.ts';

const secret = 'pa"ss/w+rd %1';

describe('a text of the other side', () => {
  const forms = [
    secret,
    Buffer.from(secret).toString('base64'),
    Buffer.from(secret).toString('base64').replace(/=+$/, ''),
    encodeURIComponent(secret),
    JSON.stringify({ secret }),
  ];
  for (const form of forms)
    it(`does not show a secret that comes back as ${form}`, () => {
      const masked = maskSecrets(`you said ${form} there`, [secret]);
      assert.match(masked, /^you said (?:\{"secret":")?\*\*\*(?:"\})? there$/);
    });

  it('does not show a login that comes back as PLAIN sent it', () => {
    const login = { username: 'user', password: secret };
    const sent = Buffer.from(`\0user\0${secret}`).toString('base64');
    assert.equal(maskSecrets(`535 ${sent}: no`, loginSecrets(login)), '535 ***: no');
  });

  it('is left alone when there is no secret, or an empty one', () => {
    assert.deepEqual(loginSecrets({ username: 'user', password: null }), []);
    assert.equal(maskSecrets('535 no', ['', ...loginSecrets({ username: 'user', password: '' })]), '535 no');
  });
});
