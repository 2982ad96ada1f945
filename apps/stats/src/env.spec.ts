import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { parseEnv } from 'node:util';
import { envSchema, readStatsEnv } from './env.ts';

const textOf = (path: string): string => readFileSync(new URL(path, import.meta.url), 'utf8');
const variables = Object.keys(envSchema.shape).toSorted();

test('.env.example names every variable, and can be read', () => {
  const example = parseEnv(textOf('../.env.example')) as Record<string, string>;
  assert.deepEqual(Object.keys(example).toSorted(), variables);
  assert.equal(readStatsEnv(example).HTTP_PORT, 4003);
});

test('the README explains every variable in the words of the schema', () => {
  const rows = textOf('../README.md').matchAll(/^\| `([A-Z_]+)` +\|[^|]*\|([^|]*)\|$/gm);
  const explained = Object.fromEntries([...rows].map(([, name, meaning]) => [name, meaning?.trim()]));
  const described = Object.entries(envSchema.shape).map(([name, schema]) => [name, schema.description]);
  assert.deepEqual(explained, Object.fromEntries(described));
});
