import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { parseEnv } from 'node:util';
import { envSchema, readGatewayEnv } from './env.ts';

const read = (name: string): string => readFileSync(new URL(`../${name}`, import.meta.url), 'utf8');
const example = parseEnv(read('.env.example')) as Record<string, string>;

describe('the environment of the gateway', () => {
  it('is explained in the README, variable by variable, with the words and defaults of the schema', () => {
    const rows = read('README.md').matchAll(/^\| ([A-Z_]+) +\| (.*?) *\| (.*?) *\|$/gm);
    const documented = [...rows].map(([, name, preset, text]) => [name, preset, text]);
    const defined = Object.entries(envSchema.shape).map(([name, field]) => {
      const preset = field.safeParse(undefined);
      return [name, preset.success ? String(preset.data ?? '') : '', field.description];
    });
    assert.deepEqual(documented, defined);
  });

  it('is complete and valid in .env.example', () => {
    assert.deepEqual(new Set(Object.keys(example)), new Set(Object.keys(envSchema.shape)));
    assert.equal(readGatewayEnv(example).INTROSPECTION, true);
  });

  it('takes origins only, so that a path in a URL cannot change what is signed', () => {
    const env = readGatewayEnv({ ...example, CONFIG_URL: 'http://user:pass@config:4001/graphql?x' });
    assert.deepEqual(env.CONFIG_URL, ['http://config:4001']);
  });

  it('takes the addresses of several replicas, and none that is no URL', () => {
    const two = 'http://config-1:4001, http://config-2:4001/';
    assert.deepEqual(readGatewayEnv({ ...example, CONFIG_URL: two }).CONFIG_URL, [
      'http://config-1:4001',
      'http://config-2:4001',
    ]);
    assert.throws(() => readGatewayEnv({ ...example, CONFIG_URL: 'http://config-1:4001,' }), /CONFIG_URL/);
  });
});
