import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createTally } from './tally.ts';

describe('a tally', () => {
  it('lets each key have so many and no more, and one again for each that is given back', () => {
    const tally = createTally(2);
    const [first] = [tally.take('a'), tally.take('a')];
    assert.equal(tally.take('a'), undefined);
    assert.ok(tally.take('b'));
    first?.();
    assert.ok(tally.take('a'));
    assert.equal(tally.take('a'), undefined);
  });

  it('takes each back once', () => {
    const tally = createTally(2);
    const [first] = [tally.take('a'), tally.take('a')];
    first?.();
    first?.();
    assert.ok(tally.take('a'));
    assert.equal(tally.take('a'), undefined);
  });
});
