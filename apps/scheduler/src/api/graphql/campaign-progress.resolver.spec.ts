import assert from 'node:assert/strict';
import { test } from 'node:test';
import { recipientStates, type CampaignStatus } from '@sendpool/contracts';
import { createContext } from '@sendpool/graphql';
import { isAppError, newId } from '@sendpool/kernel';
import type { CampaignProgress } from '../../domain/campaign.ts';
import { createProgressSubscription } from './campaign-progress.resolver.ts';

const progressOf = (status: CampaignStatus, inFlight: number): CampaignProgress => {
  const counts = Object.fromEntries(recipientStates.map((state) => [state, 0])) as Record<string, number>;
  return {
    status,
    counts: { ...counts, IN_FLIGHT: inFlight } as CampaignProgress['counts'],
    deferredThenAccepted: 0,
    waitingFor: null,
  };
};

/** A store that answers one after the other, and then the last one again. */
const follow = (id: string, answers: CampaignProgress[]) => {
  const asked: (readonly string[])[] = [];
  const campaigns = {
    progress: async (ids: readonly string[]) => {
      asked.push(ids);
      const answer = answers.length > 1 ? answers.shift()! : answers[0];
      return new Map(answer === undefined ? [] : ids.map((one) => [one, answer]));
    },
  };
  const { subscribe } = createProgressSubscription({ campaigns }, () => undefined);
  const context = createContext({ keyId: 'k', role: 'READER', requestId: 'r' }, new AbortController().signal);
  return { asked, values: subscribe({}, { campaignId: id }, context) };
};

const statuses = async (answers: CampaignProgress[]): Promise<string[]> => {
  const seen: string[] = [];
  for await (const { status, counts } of follow(newId(), answers).values) seen.push(`${status} ${counts.IN_FLIGHT}`);
  return seen;
};

test('progress ends when the campaign is finished, and when a cancelled one has nothing in flight any more', async () => {
  const [finished, cancelled] = await Promise.all([
    statuses([progressOf('SENDING', 5), progressOf('FINISHED', 0)]),
    statuses([progressOf('CANCELLED', 5), progressOf('CANCELLED', 0)]),
  ]);
  assert.deepEqual(finished, ['SENDING 5', 'FINISHED 0']);
  assert.deepEqual(cancelled, ['CANCELLED 5', 'CANCELLED 0']);
});

test('a campaign that is not there is told as that, and an id that is none is not asked for', async () => {
  for (const id of [newId(), 'nonsense']) {
    const { values, asked } = follow(id, []);
    await assert.rejects(values.next(), (error) => isAppError(error, 'NOT_FOUND'));
    assert.deepEqual(asked, [id === 'nonsense' ? [] : [id]]);
  }
});
