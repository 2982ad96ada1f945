/**
 * Many senders choose beside each other, each with its own selector and its own phase, while servers fall out: how far are the pool
 * and each mailbox provider from the shares of the weights, over all senders together? There is no proof for two vectors; this measures.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { seededRandom } from '@sendpool/kernel';
import { createSelector, type Selector } from './selection.ts';

type Setting = {
  readonly replicas: number;
  readonly groups: number;
  readonly weights: readonly number[];
  readonly outage: number;
};

type Tally = { readonly given: Float64Array; readonly ideal: Float64Array };

const picks = 20_000;
/** Messages by which a pool, or a provider, may be away from its shares, for each replica. */
const bound = 4;

const tallyOf = (members: number): Tally => ({ given: new Float64Array(members), ideal: new Float64Array(members) });

const note = ({ given, ideal }: Tally, chosen: number, weights: readonly number[]): number => {
  const all = weights.reduce((sum, weight) => sum + weight, 0);
  for (const [index, weight] of weights.entries()) ideal[index]! += weight / all;
  given[chosen]! += 1;
  return Math.max(...weights.map((_, index) => Math.abs(given[index]! - ideal[index]!)));
};

/** Everybody may send, but now and then one member falls out for a while, never the last one. */
const weather = (weights: readonly number[], outage: number, random: () => number): (() => readonly number[]) => {
  let now = weights;
  return () => {
    if (random() < 0.01) {
      const out = random() < outage ? Math.floor(random() * weights.length) : -1;
      now = weights.map((weight, index) => (index === out ? 0 : weight));
    }
    return now;
  };
};

const startReplicas = (setting: Setting, random: () => number): Selector[] =>
  Array.from({ length: setting.replicas }, () => {
    const selector = createSelector(setting.weights.map((_, index) => `server-${index}`));
    selector.skip(setting.weights, random);
    return selector;
  });

/** Worst distance from the shares at any moment: of the whole pool, and of one provider. */
const simulate = (setting: Setting, seed: number): { pool: number; provider: number } => {
  const random = seededRandom(seed);
  const replicas = startReplicas(setting, random);
  const present = weather(setting.weights, setting.outage, random);
  const pool = tallyOf(setting.weights.length);
  const providers = Array.from({ length: setting.groups }, () => tallyOf(setting.weights.length));
  const worst = { pool: 0, provider: 0 };
  for (let pick = 0; pick < picks; pick += 1) {
    const weights = present();
    // A few providers make most of the mail, as in real lists.
    const group = Math.floor(setting.groups * random() ** 2);
    const chosen = replicas[Math.floor(random() * replicas.length)]!.pick(`provider-${group}`, weights);
    worst.pool = Math.max(worst.pool, note(pool, chosen, weights));
    worst.provider = Math.max(worst.provider, note(providers[group]!, chosen, weights));
  }
  return worst;
};

const pools: readonly (readonly number[])[] = [
  [10, 5, 3],
  [23, 23, 3, 1, 1],
  [30, 9, 9, 8, 5, 4, 3, 2, 1, 1],
];

describe('many senders beside each other', () => {
  for (const replicas of [1, 4, 16])
    for (const groups of [8, 33])
      it(`${replicas} with ${groups} providers stay within ${bound} messages each of the shares, also with outages`, (test) => {
        const worst = { pool: 0, provider: 0 };
        for (const weights of pools)
          for (const outage of [0, 0.5]) {
            const seen = simulate({ replicas, groups, weights, outage }, 7);
            worst.pool = Math.max(worst.pool, seen.pool);
            worst.provider = Math.max(worst.provider, seen.provider);
          }
        const words = `worst: pool ${worst.pool.toFixed(2)}, provider ${worst.provider.toFixed(2)} messages`;
        test.diagnostic(words);
        assert.ok(worst.pool <= bound * replicas && worst.provider <= bound * replicas, words);
      });

  it('three of them over one pool stay within 2 messages each (one provider)', () => {
    for (let seed = 1; seed <= 20; seed += 1) {
      const { pool } = simulate({ replicas: 3, groups: 1, weights: [10, 5, 3], outage: 0.5 }, seed);
      assert.ok(pool <= 6, `seed ${seed}: ${pool}`);
    }
  });
});
