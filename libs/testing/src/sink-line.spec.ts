import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readSinkLine } from './sink-line.ts';

describe('the command line of the sink', () => {
  it('is a configuration as JSON, or nothing at all', () => {
    const config = { port: 2525, rules: [{ share: 0.2, fault: { at: 'RCPT', do: 'CLOSE' } }] };
    assert.deepEqual(readSinkLine([JSON.stringify(config)]), { ok: true, config });
    assert.deepEqual(readSinkLine([]), { ok: true, config: {} });
  });

  it('is answered with its usage when help is asked for', () => {
    const line = readSinkLine(['--help']);
    assert.ok(!line.ok && line.exitCode === 0 && line.text.startsWith("npm run sink -- '<configuration as JSON>'"));
  });

  const refusals: [string, string[], RegExp][] = [
    ['a name that there is not', ['{"prot":2526}'], /^there is no "prot": there are port, name, tls, /],
    ['a name of a property that all objects have', ['{"toString":1}'], /^there is no "toString"/],
    ['a name that no rule has', ['{"rules":[{"shar":0.2}]}'], /^a rule has no "shar": it has fault, share, when\n/],
    ['rules that are none', ['{"rules":{}}'], /^rules must be a list of objects\n/],
    ['what is no JSON', ['port=2525'], /^port=2525 is no configuration as JSON, as '\{"port":2525\}' is one\n/],
    ['a list', ['[]'], /^\[\] is no configuration/],
    ['several words', ['{"port":', '2525}'], /^One configuration is taken: is it in quotes\?\n/],
  ];
  for (const [name, words, reason] of refusals)
    it(`is refused with ${name}, in one line, with 2`, () => {
      const line = readSinkLine(words);
      assert.ok(!line.ok && line.exitCode === 2);
      assert.match(line.text, reason);
      assert.ok(line.text.endsWith('\n--help says more'));
    });
});
