import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { senderStatusTopic, type SenderStatus } from '@sendpool/contracts';
import type { StoredRecord } from '@sendpool/event-log';
import { createLog } from '@sendpool/service';
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

describe('the status of the other senders', () => {
  it('names the servers whose breaker is open there, and no other', () => {
    const records = [
      recordOf(0, {}),
      recordOf(1, { serverId: 'b', breaker: 'HALF_OPEN' }),
      recordOf(2, { serverId: 'c', lastError: 'said "OPEN"', breaker: 'CLOSED' }),
      recordOf(3, { serverId: 'd', source: 'me' }),
      { ...recordOf(4, {}), value: Buffer.from('"OPEN"') },
    ];
    assert.deepEqual([...openAtPeers(records, 'me')], ['a']);
  });

  it('is heard from the start of this process on', async () => {
    const log = [recordOf(0, { serverId: 'old' })];
    const warned: string[] = [];
    const read = Promise.withResolvers<void>();
    const part = readPeerStatus({
      eventLog: {
        bounds: async () => [{ partition: 0, first: 0, next: log.length }],
        read: async (_topic, _partition, from) => {
          if (log.length > 1) read.resolve();
          return log.slice(from);
        },
      },
      source: 'me',
      warn: (serverId) => warned.push(serverId),
      log: createLog({ name: 'spec', level: 'error' }),
    });
    await part.start?.();
    await new Promise((resolve) => setImmediate(resolve));
    log.push(recordOf(1, { serverId: 'new' }));
    await read.promise;
    await part.stop?.(1000);
    assert.deepEqual(warned, ['new']);
  });
});
