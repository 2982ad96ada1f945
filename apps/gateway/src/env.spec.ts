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

  const jwt = {
    JWT_ISSUER: 'https://id.example.com/',
    JWT_AUDIENCE: 'sendpool',
    JWT_JWKS_URL: 'https://id.example.com/keys',
  };
  it('takes an identity provider whole or not at all', () => {
    assert.equal(readGatewayEnv({ ...example, ...jwt }).JWT_JWKS_URL?.href, jwt.JWT_JWKS_URL);
    for (const name of Object.keys(jwt))
      assert.throws(
        () => readGatewayEnv({ ...example, ...jwt, [name]: '' }),
        /JWT_ISSUER: must be given together/,
        name,
      );
  });

  it('reads the keys of an identity provider over nothing that somebody between could change', () => {
    for (const url of ['http://127.0.0.1:9/keys', 'http://localhost/keys', 'http://[::1]:9/keys'])
      assert.ok(readGatewayEnv({ ...example, ...jwt, JWT_JWKS_URL: url }).JWT_JWKS_URL);
    for (const url of ['http://id.example.com/keys', 'http://127.0.0.1.evil.example.com/', 'file:///etc/keys', 'keys'])
      assert.throws(() => readGatewayEnv({ ...example, ...jwt, JWT_JWKS_URL: url }), /JWT_JWKS_URL/, url);
  });

  it('takes no budget that the dearest operation would exceed', () => {
    assert.equal(readGatewayEnv({ ...example, RATE_LIMIT_PER_MINUTE: '10000' }).RATE_LIMIT_PER_MINUTE, 10_000);
    assert.throws(() => readGatewayEnv({ ...example, RATE_LIMIT_PER_MINUTE: '9999' }), /RATE_LIMIT_PER_MINUTE/);
  });
});
