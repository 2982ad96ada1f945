import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { createAffinity } from './affinity.ts';

const ids = ['a', 'b', 'c', 'd'];
const providers = Array.from({ length: 6000 }, (_, index) => `provider-${index}`);
const weights = fc.array(fc.integer({ min: 0, max: 50 }), { minLength: 4, maxLength: 4 });

describe('affinity', () => {
  it('gives a provider the same server in every process', () => {
    for (const provider of providers.slice(0, 100)) {
      const one = createAffinity(ids).serverFor(provider, [1, 2, 3, 4]);
      assert.equal(createAffinity(ids).serverFor(provider, [1, 2, 3, 4]), one);
    }
  });

  it('gives each server providers by its weight', () => {
    const affinity = createAffinity(ids);
    const counts = [0, 0, 0, 0];
    for (const provider of providers) counts[affinity.serverFor(provider, [1, 2, 3, 4])]! += 1;
    for (const [index, count] of counts.entries()) {
      const ideal = (providers.length * (index + 1)) / 10;
      assert.ok(Math.abs(count - ideal) < 150, `${ids[index]} has ${count} providers, ideally ${ideal}`);
    }
  });

  it('moves only the providers of the server that may not send', () => {
    const affinity = createAffinity(ids);
    for (const provider of providers) {
      const before = affinity.serverFor(provider, [1, 2, 3, 4]);
      const after = affinity.serverFor(provider, [1, 2, 0, 4]);
      if (before !== 2) assert.equal(after, before);
      else assert.notEqual(after, 2);
    }
  });

  it('takes no server without a weight, and none at all when no weight is positive', () => {
    fc.assert(
      fc.property(fc.string(), weights, (provider, now) => {
        const chosen = createAffinity(ids).serverFor(provider, now);
        if (chosen === -1) assert.ok(now.every((weight) => weight === 0));
        else assert.ok(now[chosen]! > 0);
      }),
    );
  });
});
