import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { AppError } from '@sendpool/kernel';
import fc from 'fast-check';
import { createLog, type LogLevel } from './log.ts';

const canary = 'canary-7f3a';

const capture = (level: LogLevel = 'debug') => {
  const lines: string[] = [];
  const log = createLog({ name: 'test', level, destination: { write: (line) => void lines.push(line) } });
  return { log, text: () => lines.join(''), last: () => JSON.parse(lines.at(-1)!) as Record<string, unknown> };
};

const secretNames = [
  'password',
  'smtpPassword',
  'PASSWORD',
  'secret',
  'INTERNAL_SECRET',
  'clientSecrets',
  'authorization',
  'Proxy-Authorization',
  'apiKey',
  'api_key',
  'x-api-key',
  'token',
  'accessToken',
  'refresh_token',
  'cookie',
  'credentials',
  'CREDENTIALS_KEY',
  'pass',
  'privateKey',
];

describe('the log', () => {
  it('writes one JSON line with level, time, service and message', () => {
    const { log, last } = capture();
    log.warn({ lane: 3 }, 'the lane waits');
    const { level, service, lane, msg, time } = last();
    assert.deepEqual({ level, service, lane, msg }, { level: 'warn', service: 'test', lane: 3, msg: 'the lane waits' });
    assert.match(String(time), /^\d{4}-\d\d-\d\dT/);
  });

  it('leaves out what is below its level', () => {
    const { log, text } = capture('warn');
    log.info({}, 'not worth it');
    assert.equal(text(), '');
  });

  for (const name of secretNames)
    it(`never writes the value of a field named ${name}`, () => {
      const { log, text } = capture();
      const error = Object.assign(new Error('refused', { cause: { [name]: canary } }), { [name]: canary });
      const within = [canary, { value: canary }, [canary], 7];
      for (const value of within)
        log.error({ [name]: value, deep: [{ [name]: value }], map: new Map([[name, value]]), error }, 'failed');
      assert.ok(!text().includes(canary), text());
    });

  it('never writes a secret named so, at whatever depth and between whatever other fields', () => {
    const other = fc.string().filter((name) => name !== '__proto__');
    const tree = fc.letrec((tie) => ({
      node: fc.oneof(
        { maxDepth: 5 },
        fc.record({ [secretNames[0]!]: fc.constant(canary) }),
        fc.dictionary(other, tie('node'), { maxKeys: 3 }),
        fc.array(tie('node'), { maxLength: 3 }),
      ),
    }));
    fc.assert(
      fc.property(tree.node, (value) => {
        const { log, text } = capture();
        log.info({ value }, 'a tree');
        assert.ok(!text().includes(canary), text());
      }),
    );
  });

  it('hides API keys, bearer tokens and URL passwords that stand in a text', () => {
    const { log, text, last } = capture();
    const key = `sp_0123abcd_${canary}${canary}`;
    const message = `cannot reach postgres://sendpool:${canary}@db:5432/x with Bearer ${canary} and ${key}`;
    log.error({ error: new Error(message), url: new URL(`http://me:${canary}@host/`) }, message);
    assert.ok(!text().includes(canary), text());
    assert.equal(
      last()['msg'],
      'cannot reach postgres://sendpool:[redacted]@db:5432/x with Bearer [redacted] and sp_[redacted]',
    );
  });

  it('keeps name, code, message, stack and cause of an error', () => {
    const { log, last } = capture();
    log.error({ error: new AppError('UNAVAILABLE', 'no', { cause: new Error('deeper') }) }, 'failed');
    const error = last()['error'] as Record<string, unknown>;
    assert.deepEqual([error['name'], error['code'], error['message']], ['AppError', 'UNAVAILABLE', 'no']);
    assert.match(String(error['stack']), /log\.spec\.ts/);
    assert.equal((error['cause'] as Error).message, 'deeper');
  });

  it('survives circles, bytes and big numbers', () => {
    const { log, last } = capture();
    const circle: Record<string, unknown> = {};
    circle['self'] = circle;
    log.info({ circle, bytes: Buffer.from(canary), big: 10n ** 20n, none: undefined, at: new Date(0) }, 'odd');
    assert.equal(last()['bytes'], '[11 bytes]');
    assert.equal(last()['big'], '100000000000000000000');
    assert.equal(last()['at'], '1970-01-01T00:00:00.000Z');
  });
});
