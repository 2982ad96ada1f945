import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { parseEnv } from 'node:util';
import { readSchedulerEnv, schedulerEnv } from './env.ts';

const textOf = (path: string): string => readFileSync(new URL(path, import.meta.url), 'utf8');
const example = parseEnv(textOf('../.env.example')) as Record<string, string>;

test('.env.example names every variable, and can be read', () => {
  assert.deepEqual(Object.keys(example).toSorted(), Object.keys(schedulerEnv.shape).toSorted());
  assert.deepEqual(readSchedulerEnv(example).RETRY_DELAYS_SECONDS, [60, 300, 900, 3600, 7200, 14_400]);
});

test('the README explains every variable in the words of the schema', () => {
  const rows = textOf('../README.md').matchAll(/^\| `([A-Z_]+)` +\|[^|]*\|([^|]*)\|$/gm);
  const explained = Object.fromEntries([...rows].map(([, name, meaning]) => [name, meaning?.trim()]));
  const described = Object.entries(schedulerEnv.shape).map(([name, schema]) => [name, schema.description]);
  assert.deepEqual(explained, Object.fromEntries(described));
});

test('retry delays are whole numbers with commas between them', () => {
  assert.deepEqual(readSchedulerEnv({ ...example, RETRY_DELAYS_SECONDS: '1, 2,3' }).RETRY_DELAYS_SECONDS, [1, 2, 3]);
  assert.throws(() => readSchedulerEnv({ ...example, RETRY_DELAYS_SECONDS: '1;2' }), /RETRY_DELAYS_SECONDS/);
});
