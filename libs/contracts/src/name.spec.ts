import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { checkName } from './name.ts';

describe('a name', () => {
  it('has 1 to 100 characters, the blanks around it not counted', () => {
    assert.deepEqual(checkName(` ${'x'.repeat(100)}\t`), { ok: true, value: 'x'.repeat(100) });
    assert.equal(checkName('x'.repeat(101)).ok, false);
    assert.deepEqual(checkName('Größe 📮'), { ok: true, value: 'Größe 📮' });
  });

  for (const [what, text] of [
    ['nothing', ''],
    ['blanks', ' \u00a0\u3000'],
    ['what nobody can see', '\u200b\u2060'],
    ['a line break', 'a\r\nb'],
    ['a NUL, which no database takes', 'a\0b'],
    ['a line separator', 'a\u2028b'],
    ['half a character', 'a\ud800'],
  ] as const)
    it(`is refused when it holds ${what}`, () => assert.equal(checkName(text).ok, false));
});
