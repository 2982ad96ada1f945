import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { AppError } from '@sendpool/kernel';
import { z } from 'zod';
import { commonEnv, readEnv } from './env.ts';

const schema = z.object(commonEnv);
const good = {
  HTTP_PORT: '4001',
  DATABASE_URL: 'postgres://sendpool:pw@127.0.0.1:5432/sendpool',
  EVENT_LOG_URL: 'postgres://127.0.0.1/sendpool',
  INTERNAL_SECRET: 'x'.repeat(32),
  CREDENTIALS_KEY: Buffer.alloc(32, 7).toString('base64'),
};

describe('the environment', () => {
  it('is read with its defaults', () => {
    const env = readEnv(schema, good);
    assert.deepEqual([env.HTTP_HOST, env.HTTP_PORT, env.LOG_LEVEL, env.LANES], ['127.0.0.1', 4001, 'info', 12]);
    assert.deepEqual(env.CREDENTIALS_KEY, new Uint8Array(32).fill(7));
  });

  it('reports every fault at once and quotes no value', () => {
    const canary = 'canary7f3a';
    const bad = {
      HTTP_PORT: canary,
      LOG_LEVEL: canary,
      DATABASE_URL: `mysql://root:${canary}@db`,
      EVENT_LOG_URL: canary,
      INTERNAL_SECRET: canary,
      CREDENTIALS_KEY: canary,
      LANES: '0',
    };
    assert.throws(
      () => readEnv(schema, bad),
      (error: unknown) => {
        assert.ok(error instanceof AppError && error.code === 'BAD_CONFIGURATION');
        for (const name of Object.keys(bad)) assert.ok(error.message.includes(`${name}: `), `${name} is not reported`);
        assert.ok(!`${error.message}${error.stack}${String(error.cause)}`.includes(canary), error.message);
        return true;
      },
    );
  });

  it('takes a PostgreSQL URL or several brokers of Kafka as the event log, and nothing else', () => {
    const urls = [
      'postgresql://127.0.0.1/sendpool',
      'kafka://127.0.0.1:9092',
      'kafka://one.example:9092,two.example:9093?replication=3&tls=true',
      'kafka://mail:p%40ss@one.example,two.example/?sasl=plain',
    ];
    for (const url of urls) assert.equal(readEnv(schema, { ...good, EVENT_LOG_URL: url }).EVENT_LOG_URL, url);
    for (const url of ['kafka://', 'kafka:one', 'kafka://one two', 'mysql://one'])
      assert.throws(() => readEnv(schema, { ...good, EVENT_LOG_URL: url }), /EVENT_LOG_URL: must be a URL/, url);
  });

  it('counts an empty variable as not given', () => {
    assert.equal(readEnv(schema, { ...good, LANES: '', HTTP_HOST: '' }).LANES, 12);
    assert.throws(() => readEnv(schema, { ...good, INTERNAL_SECRET: '' }), /INTERNAL_SECRET: /);
  });

  it('explains every common variable', () => {
    for (const [name, field] of Object.entries(commonEnv)) assert.ok(field.description, name);
  });
});
