import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { sendingConfigTopic, type SendingConfig, type SendingServerConfig } from '@sendpool/contracts';
import type { StoredRecord } from '@sendpool/event-log';
import { AppError } from '@sendpool/kernel';
import { serverRecord } from '@sendpool/testing';
import { followSendingConfig } from './sending-config.follower.ts';

const sealed = { keyId: 'k', iv: 'i', data: 'd', tag: 't' };

const server = (change: Partial<SendingServerConfig>): SendingServerConfig =>
  serverRecord({ tls: 'REQUIRED', username: 'u', password: sealed, ...change });

const ignore = (): void => undefined;

const set = async (open: () => string) => {
  const applied: [number, string, boolean, string | null][] = [];
  const errors: string[] = [];
  let deliver: (record: StoredRecord) => void = ignore;
  const part = followSendingConfig({
    eventLog: {
      follow: async (_, onRecord) => {
        deliver = (record) => void onRecord(record);
        return { caughtUp: Promise.resolve(), close: async () => undefined };
      },
    },
    log: { debug: ignore, info: ignore, warn: ignore, error: (_, message) => errors.push(message) },
    server: ({ revision, state, verified }, password) => applied.push([revision, state, verified, password]),
    pool: ignore,
    open,
  });
  await part.start!();
  const raw = (value: string): void =>
    deliver({ partition: 0, offset: 0, key: null, value: Buffer.from(value), at: 0 });
  return { applied, errors, raw, say: (config: SendingConfig) => raw(sendingConfigTopic.encode(config)) };
};

describe('settings from the topic', () => {
  it('come with their password opened, and an older revision that comes late changes nothing', async () => {
    const { applied, say } = await set(() => 'plain');
    say(server({ revision: 2, state: 'INACTIVE' }));
    say(server({ revision: 1 }));
    say(server({ revision: 3, password: null }));
    assert.deepEqual(applied, [
      [2, 'INACTIVE', true, 'plain'],
      [3, 'ACTIVE', true, null],
    ]);
  });

  it('with a password that does not open take the server out of use', async () => {
    const { applied, errors, say } = await set(() => {
      throw new AppError('DECRYPTION_FAILED', 'no');
    });
    say(server({}));
    assert.deepEqual(applied, [[1, 'ACTIVE', false, null]]);
    assert.equal(errors.length, 1);
  });

  it('that cannot be read are passed over', async () => {
    const { applied, errors, raw, say } = await set(() => 'plain');
    raw('{}');
    say(server({}));
    assert.deepEqual([applied.length, errors.length], [1, 1]);
  });
});
