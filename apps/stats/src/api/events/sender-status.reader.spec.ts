import assert from 'node:assert/strict';
import { test } from 'node:test';
import { senderStatusTopic } from '@sendpool/contracts';
import type { StoredRecord, TailOptions } from '@sendpool/event-log';
import { createHealthBoard } from '../../domain/server-health.ts';
import { createSenderStatus } from './sender-status.reader.ts';

/** What the scheduler said: how many deferred messages wait. */
const said = (deferredWaiting: number): string =>
  senderStatusTopic.encode({
    type: 'SCHEDULER',
    source: 's',
    serverId: 'main',
    at: deferredWaiting,
    deferredWaiting,
  });

const recordOf = (value: string, offset: number): StoredRecord => ({
  partition: 0,
  offset,
  key: null,
  value: Buffer.from(value),
  at: 0,
});

test('the health of servers is what all kept records say and those that come, and one that cannot be read is logged with its place and passed over', async () => {
  const board = createHealthBoard(() => 0);
  const places: unknown[] = [];
  const log = {
    debug: () => {},
    info: () => {},
    warn: () => {},
    error: ({ offset }: { offset?: number }) => void places.push(offset),
  };
  const told = Promise.withResolvers<TailOptions>();
  const tail = async (options: TailOptions) => {
    told.resolve(options);
    return { close: () => Promise.resolve() };
  };
  const part = createSenderStatus({ eventLog: { tail }, board, log });
  await part.start?.();
  const { from, onRecords } = await told.promise;
  assert.equal(from.size, 0, 'from the first one on');
  await onRecords([said(1), 'nonsense', said(3)].map(recordOf));
  assert.equal(board.healthOf('main').deferredWaiting, 3);
  assert.deepEqual(places, [1]);
});
