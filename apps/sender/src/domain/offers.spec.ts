import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { SendRequest } from '@sendpool/contracts';
import { createLaneKeeper, defaultLaneKeeperLimits } from './lane-keeper.ts';
import type { LaneKeeper, LedgerEpoch, ReadyMessage, StoredRequest } from './lane-types.ts';

const requestOf = (campaignId: string, sequence: number): SendRequest => ({
  type: 'SEND',
  lane: 0,
  sequence,
  campaignId,
  campaignRevision: 1,
  recipient: sequence,
  email: `r${sequence}@example.com`,
  fields: '{}',
  tryNumber: 1,
  serverHint: null,
});

const records = (campaignId: string, from: number, count: number): StoredRequest[] =>
  Array.from({ length: count }, (_, at) => ({ offset: from + at, request: requestOf(campaignId, from + at) }));

const createEpoch = (): LedgerEpoch => ({
  generation: 1,
  partitions: [0],
  isAlive: () => true,
  committed: async () => undefined,
  commit: async () => undefined,
  pause: () => undefined,
  resume: () => undefined,
});

const never = new Promise<never>(() => undefined);

const createKeeper = (offered: ReadyMessage[]): LaneKeeper =>
  createLaneKeeper({
    publishEvents: async () => undefined,
    campaignRevision: () => 1,
    onReady: (message) => offered.push(message),
    onWithdrawn: () => undefined,
    onAlarm: () => undefined,
    readTail: async () => ({ end: 0, lastSequence: undefined }),
    readRecord: async () => undefined,
    clock: { now: () => 0, monotonic: () => 0 },
    // The loops of the keeper that wait for a time stand still; no commit is needed to offer.
    sleep: () => never,
    limits: { ...defaultLaneKeeperLimits, offered: 8 },
  });

const countOf = (offered: readonly ReadyMessage[], campaignId: string): number =>
  offered.filter(({ request }) => request.campaignId === campaignId).length;

describe('offers of a lane', () => {
  it('a campaign whose messages nobody starts does not hold back one whose messages come behind them', async () => {
    const offered: ReadyMessage[] = [];
    const keeper = createKeeper(offered);
    const epoch = createEpoch();
    await keeper.assigned(epoch);
    await keeper.received(epoch, 0, [...records('slow', 0, 1024), ...records('quick', 1024, 5)]);
    assert.equal(countOf(offered, 'quick'), 5);
    assert.equal(countOf(offered, 'slow'), 8);
  });

  it('each message that leaves makes room for the next one of its campaign', async () => {
    const offered: ReadyMessage[] = [];
    const keeper = createKeeper(offered);
    const epoch = createEpoch();
    await keeper.assigned(epoch);
    await keeper.received(epoch, 0, [...records('a', 0, 20), ...records('b', 20, 20)]);
    for (const message of offered.filter(({ request }) => request.campaignId === 'a').slice(0, 3))
      keeper.giveBack(message, { outcome: 'RELEASED', reason: 'PAUSED' });
    assert.equal(countOf(offered, 'a'), 11);
    assert.equal(countOf(offered, 'b'), 8);
    assert.equal(keeper.state()[0]!.offered, 16);
  });
});
