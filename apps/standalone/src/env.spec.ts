import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { readStandaloneEnv, standaloneVariables } from './env.ts';

describe('the environment of the launcher', () => {
  it('has a row in the README for each variable', () => {
    const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
    const rows = [...readme.matchAll(/^\| `([A-Z][A-Z_]+)` +\|/gm)].map((match) => match[1]);
    assert.deepEqual(rows, [...standaloneVariables]);
  });

  it('names every fault at once', () => {
    assert.throws(() => readStandaloneEnv({ PORT: '70000', LOG_LEVEL: 'loud' }), /PORT[^]*LOG_LEVEL/);
  });
});
