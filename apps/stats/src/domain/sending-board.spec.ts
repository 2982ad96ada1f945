import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CampaignStatus } from '@sendpool/contracts';
import { createSendingBoard } from './sending-board.ts';

/** Since when the campaign sends after these records, the first of them at 1, the next at 2, and so on; each with the next revision. */
const after = (...statuses: CampaignStatus[]): number => {
  const board = createSendingBoard();
  statuses.forEach((status, at) => board.put({ id: 'c', status, revision: at }, at + 1));
  return board.sendingSince('c');
};

test('a campaign sends since the last record that says so, whether its pause was heard of or not', () => {
  assert.equal(after('SENDING', 'PAUSED', 'SENDING'), 3);
  assert.equal(after('SENDING', 'SENDING'), 2);
  assert.equal(after('PAUSED', 'PREPARING'), 2);
  assert.equal(after(), 0);
});

test('a campaign that is paused or at its end does not send', () => {
  for (const status of ['PAUSED', 'FINISHED', 'CANCELLED'] as const) assert.equal(after('SENDING', status), 0);
});

test('a revision that is told again is no resume', () => {
  const board = createSendingBoard();
  for (const at of [1, 2]) board.put({ id: 'c', status: 'SENDING', revision: 7 }, at);
  assert.equal(board.sendingSince('c'), 1);
});
