import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { senderStatusTopic, type SenderStatus } from '@sendpool/contracts';
import type { StoredRecord, TailOptions } from '@sendpool/event-log';
import { statusRecord } from '@sendpool/testing';
import { openAtPeers, readPeerStatus } from './sender-status.reader.ts';

const statusOf = (change: Partial<SenderStatus>): SenderStatus =>
  statusRecord({ source: 'peer', breaker: 'OPEN', ...change });

const recordOf = (offset: number, change: Partial<SenderStatus>): StoredRecord => ({
  partition: 0,
  offset,
  key: null,
  value: Buffer.from(senderStatusTopic.encode(statusOf(change))),
  at: 0,
});

const places: object[] = [];
const log = {
  debug: () => {},
  info: () => {},
  warn: () => {},
  error: ({ partition, offset }: { partition?: number; offset?: number }) => void places.push({ partition, offset }),
};

describe('the status of the other senders', () => {
  it('names the servers whose breaker is open there and no other, and tells where a record lies that cannot be read', () => {
    const records = [
      recordOf(0, {}),
      recordOf(1, { serverId: 'b', breaker: 'HALF_OPEN' }),
      recordOf(2, { serverId: 'c', lastError: 'said "OPEN"', breaker: 'CLOSED' }),
      recordOf(3, { serverId: 'd', source: 'me' }),
      { ...recordOf(4, {}), value: Buffer.from('"OPEN"') },
    ];
    assert.deepEqual([...openAtPeers(records, { source: 'me', log })], ['a']);
    assert.deepEqual(places, [{ partition: 0, offset: 4 }]);
  });

  it('is heard from the start of this process on', async () => {
    const warned: string[] = [];
    const told = Promise.withResolvers<TailOptions>();
    const part = readPeerStatus({
      eventLog: {
        bounds: async () => [{ partition: 0, first: 2, next: 7 }],
        tail: async (options) => {
          told.resolve(options);
          return { close: () => Promise.resolve() };
        },
      },
      source: 'me',
      warn: (serverId) => warned.push(serverId),
      log,
    });
    await part.start?.();
    const { from, onRecords } = await told.promise;
    assert.deepEqual([...from], [[0, 7]]);
    await onRecords([recordOf(7, { serverId: 'new' })]);
    assert.deepEqual(warned, ['new']);
  });
});
