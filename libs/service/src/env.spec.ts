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

const faults = (source: NodeJS.ProcessEnv): string[] => {
  try {
    readEnv(schema, { ...good, ...source });
    return [];
  } catch (error) {
    return (error as Error).message.split('\n  ').slice(1);
  }
};

describe('the environment', () => {
  it('is read with its defaults', () => {
    const env = readEnv(schema, good);
    assert.deepEqual([env.HTTP_HOST, env.HTTP_PORT, env.LOG_LEVEL, env.LANES], ['127.0.0.1', 4001, 'info', 12]);
    assert.deepEqual(env.CREDENTIALS_KEY, new Uint8Array(32).fill(7));
  });

  it('reports every fault at once and quotes no value that may be a secret', () => {
    const canary = 'canary7f3a';
    const bad = {
      DATABASE_URL: `mysql://root:${canary}@db`,
      EVENT_LOG_URL: canary,
      INTERNAL_SECRET: canary,
      CREDENTIALS_KEY: canary,
      OTEL_EXPORTER_OTLP_ENDPOINT: `ftp://root:${canary}@host`,
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

  it('says what a value must be, and what it is', () => {
    assert.deepEqual(
      faults({ LANES: 'twelve', HTTP_PORT: '70000', LOG_LEVEL: 'loud', OTEL_TRACES_SAMPLER_ARG: '-1' }),
      [
        'HTTP_PORT: must be at most 65535; it is "70000"',
        'LOG_LEVEL: must be one of debug, info, warn, error; it is "loud"',
        'OTEL_TRACES_SAMPLER_ARG: must be at least 0; it is "-1"',
        'LANES: must be a number; it is "twelve"',
      ],
    );
    assert.deepEqual(faults({ LANES: '1.5', INTERNAL_SECRET: 'short' }), [
      'INTERNAL_SECRET: must have at least 32 characters',
      'LANES: must be a whole number; it is "1.5"',
    ]);
    const none = {
      HTTP_PORT: '',
      DATABASE_URL: '',
      EVENT_LOG_URL: undefined,
      INTERNAL_SECRET: '',
      CREDENTIALS_KEY: '',
    };
    assert.deepEqual(
      faults(none),
      ['HTTP_PORT', 'DATABASE_URL', 'EVENT_LOG_URL', 'INTERNAL_SECRET', 'CREDENTIALS_KEY'].map(
        (name) => `${name}: is missing`,
      ),
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
