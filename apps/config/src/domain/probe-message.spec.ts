import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { probeMessage } from './probe-message.ts';

describe('probeMessage', () => {
  it('keeps one line without control characters, 300 characters at most', () => {
    const message = probeMessage('535 no\u001b[2J way\r\nSecret banner', { username: null, password: null });
    assert.equal(message, '535 no [2J way');
    assert.equal(probeMessage('x'.repeat(1000), { username: null, password: null }).length, 300);
  });

  it('leaves the user name alone, which the API shows anyway: a short one would take the words apart', () => {
    for (const username of ['a', 'smtp', 'auth'])
      assert.equal(
        probeMessage('535 smtp auth failed, as a rule', { username, password: 'secret' }),
        '535 smtp auth failed, as a rule',
      );
  });

  it('shows no form of the password that a server could send back', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 4 }), fc.string(), (password, username) => {
        const forms = [
          password,
          ...[password, `\0${username}\0${password}`].map((text) => Buffer.from(text).toString('base64')),
        ];
        for (const form of forms) {
          const message = probeMessage(`535 you said ${form} there`, { username, password });
          assert.equal(message, '535 you said *** there');
        }
      }),
      { numRuns: 50 },
    );
  });
});
