import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nextAction, type Action } from './consumer.ts';
import type { View } from './group-store.ts';

const stable: View = {
  isKnown: true,
  generation: 3,
  isReady: false,
  drainWithin: undefined,
  owned: [],
  needsSettling: false,
};
const after = (view: Partial<View> | undefined, rest: Partial<Parameters<typeof nextAction>[0]> = {}): Action =>
  nextAction({
    trouble: undefined,
    memberId: 'm',
    startedGeneration: 3,
    seen: view === undefined ? undefined : { view: { ...stable, ...view }, sentAt: 0 },
    ...rest,
  });

test('a member joins, starts a new generation, drains when asked, and otherwise waits', () => {
  assert.equal(after(undefined, { memberId: undefined }), 'JOIN');
  assert.equal(after(undefined), 'WAIT');
  assert.equal(after({ generation: 4 }), 'START');
  assert.equal(after({}), 'WAIT');
  assert.equal(after({ drainWithin: 100 }), 'DRAIN');
  assert.equal(after({ drainWithin: 100, isReady: true }), 'WAIT');
});

test('a member that was dropped or is in trouble starts over, whatever else it sees', () => {
  assert.equal(after({ isKnown: false, generation: 9 }), 'RESTART');
  assert.equal(after({ generation: 4 }, { trouble: { kind: 'LOST', error: undefined } }), 'RESTART');
});
