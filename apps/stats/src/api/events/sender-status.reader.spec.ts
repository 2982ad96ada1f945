import assert from 'node:assert/strict';
import { mock, test } from 'node:test';
import { senderStatusTopic } from '@sendpool/contracts';
import type { StoredRecord } from '@sendpool/event-log';
import { createLog } from '@sendpool/service';
import { createHealthBoard } from '../../domain/server-health.ts';
import { createSenderStatus } from './sender-status.reader.ts';

/** What the scheduler said: how many deferred messages wait. */
const said = (deferredWaiting: number): Buffer =>
  Buffer.from(
    senderStatusTopic.encode({
      type: 'SCHEDULER',
      source: 's',
      serverId: 'main',
      at: deferredWaiting,
      deferredWaiting,
    }),
  );

const recordsOf = (log: readonly Buffer[], offset: number): StoredRecord[] =>
  log
    .map((value, at): StoredRecord => ({ partition: 0, offset: at, key: null, value, at: 0 }))
    .filter((record) => record.offset >= offset);

const settle = async (): Promise<void> => {
  for (let turn = 0; turn < 30; turn++) await Promise.resolve();
};

const pass = async (polls: number): Promise<void> => {
  for (let poll = 0; poll < polls; poll++) {
    await settle();
    mock.timers.tick(500);
  }
  await settle();
};

test('the reader of sender-status begins anew when its log has lost what was read, and looks at its end only when nothing comes', async () => {
  mock.timers.enable({ apis: ['setTimeout'] });
  const log = [said(1), said(2), said(3)];
  let looks = 0;
  const bounds = async () => {
    looks++;
    return [{ partition: 0, first: 0, next: log.length }];
  };
  const board = createHealthBoard(() => 0);
  const part = createSenderStatus({
    eventLog: { bounds, read: async (_topic, _partition, offset) => recordsOf(log, offset) },
    board,
    log: createLog({ name: 'spec', level: 'error' }),
  });
  const waiting = (): number => board.healthOf('main').deferredWaiting;
  await part.start?.();
  for (let n = 4; n < 30; n++) {
    await pass(1);
    log.push(said(n));
  }
  await pass(1);
  assert.deepEqual([waiting(), looks], [29, 1]);
  log.splice(0, log.length, said(100));
  await pass(12);
  assert.equal(waiting(), 100);
  log.push(said(101));
  await pass(1);
  assert.equal(waiting(), 101);
  const stopped = part.stop?.(0);
  mock.timers.tick(500);
  await stopped;
  mock.timers.reset();
});
