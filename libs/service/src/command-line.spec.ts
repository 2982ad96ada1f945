import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseCommandLine } from './command-line.ts';

const usage = 'npm run thing [-- --size N]';
const options = { size: { type: 'string' }, fast: { type: 'boolean' } } as const;
const parse = (line: string, words = 0) =>
  parseCommandLine({ usage, options, words }, line === '' ? [] : line.split(' '));

describe('a command line', () => {
  it('gives what is in it', () => {
    const line = parse('whole --size 3 --fast', 1);
    assert.ok(line.ok);
    assert.deepEqual({ ...line.values }, { size: '3', fast: true });
    assert.deepEqual(line.words, ['whole']);
    assert.ok(parse('').ok);
  });

  it('prints usage and nothing else when help is asked for, whatever else is in it', () => {
    for (const text of ['--help', '-h', '--size 3 --help', '--strange --help'])
      assert.deepEqual(parse(text), { ok: false, exitCode: 0, text: usage });
  });

  it('is refused with one reason and the usage: unknown options, missing values, words', () => {
    const reasons = {
      '--siez 3': /^Unknown option '--siez'\n\nnpm/,
      '--size': /^Option '--size <value>' argument missing\n\nnpm/,
      '--size --fast': /^Option '--size' argument is ambiguous/,
      '--fast=yes': /^Option '--fast' does not take an argument\n\nnpm/,
      'whole --fast': /^whole is not understood\n\nnpm/,
    };
    for (const [text, reason] of Object.entries(reasons)) {
      const line = parse(text);
      assert.ok(!line.ok);
      assert.equal(line.exitCode, 2);
      assert.match(line.text, reason);
      assert.ok(!line.text.includes('    at '));
    }
  });
});
