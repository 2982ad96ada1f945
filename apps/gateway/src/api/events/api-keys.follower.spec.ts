import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { apiKeysTopic, type ApiKeyRecord } from '@sendpool/contracts';
import type { EventLog, StoredRecord } from '@sendpool/event-log';
import type { KeyRing } from '../../domain/key-ring.ts';
import { followApiKeys } from './api-keys.follower.ts';

const key: ApiKeyRecord = {
  id: 'k',
  revision: 1,
  name: 'n',
  role: 'READER',
  hash: 'h',
  expiresAt: null,
  revoked: false,
};
const recordOf = (value: string): StoredRecord => ({
  partition: 0,
  offset: 0,
  key: 'k',
  value: Buffer.from(value),
  at: 0,
});

type Reader = (record: StoredRecord) => unknown;

const setUp = () => {
  const caughtUp = Promise.withResolvers<void>();
  const learnt: ApiKeyRecord[] = [];
  const faults: string[] = [];
  const readers: Reader[] = [];
  const eventLog = {
    ensureTopics: async () => {},
    follow: async (_topic: string, onRecord: Reader) => {
      readers.push(onRecord);
      return { caughtUp: caughtUp.promise, close: async () => {} };
    },
  } as unknown as EventLog;
  const log = { debug() {}, info() {}, warn() {}, error: (_: object, message: string) => void faults.push(message) };
  const keys: KeyRing = { learn: (record) => void learnt.push(record), find: () => undefined, holds: () => false };
  const part = followApiKeys({ eventLog, keys, log });
  return { part, learnt, faults, caughtUp, tell: (value: string) => readers[0]!(recordOf(value)) };
};

describe('the follower of API keys', () => {
  it('is not ready before it has read every key that lay in the log', async () => {
    const { part, caughtUp } = setUp();
    const started = part.start!();
    await new Promise(setImmediate);
    assert.equal(part.ready!(), false);
    caughtUp.resolve();
    await started;
    assert.equal(part.ready!(), true);
  });

  it('passes a record that cannot be read, and logs it', async () => {
    const { part, caughtUp, learnt, faults, tell } = setUp();
    caughtUp.resolve();
    await part.start!();
    tell('{"id":');
    tell(apiKeysTopic.encode(key));
    assert.deepEqual(learnt, [key]);
    assert.equal(faults.length, 1);
  });
});
