import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, it } from 'node:test';
import { readStandaloneEnv, standaloneVariables } from './env.ts';
import { clusterShape, singleShape } from './shape.ts';

const brokersOf = (KAFKA_BROKERS: string) => readStandaloneEnv(clusterShape, { KAFKA_BROKERS }).kafkaBrokers;

describe('the environment of the launcher', () => {
  it('has a row in the README for each variable', () => {
    const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
    const rows = [...readme.matchAll(/^\| `([A-Z][A-Z_]+)` +\|/gm)].map((match) => match[1]);
    assert.deepEqual(rows, [...standaloneVariables]);
  });

  it('names every fault at once', () => {
    assert.throws(() => readStandaloneEnv(singleShape, { PORT: '70000', LOG_LEVEL: 'loud' }), /PORT[^]*LOG_LEVEL/);
  });

  it('gives the cluster a data folder of its own', () => {
    const folders = [singleShape, clusterShape].map((shape) => readStandaloneEnv(shape, {}).dataFolder);
    assert.deepEqual(folders, [resolve('.data'), resolve('.data-cluster')]);
    assert.equal(readStandaloneEnv(clusterShape, { DATA_DIR: 'x' }).dataFolder, resolve('x'));
  });

  it('takes brokers with a log-in and parameters, and no URL', () => {
    for (const text of ['a:9092', 'a,b:1', 'u:p%40@a:1?replication=1&minInsync=1', '[::1]:9092'])
      assert.equal(brokersOf(text), text);
    for (const text of ['kafka://host', 'a:1/x', 'a b']) assert.throws(() => brokersOf(text), /KAFKA_BROKERS: must be/);
  });
});
