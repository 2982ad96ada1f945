import assert from 'node:assert/strict';
import { test } from 'node:test';
import { verdictKinds, type RotationVerdict, type VerdictKind } from '@sendpool/contracts';
import { aVerdict } from './testing.ts';
import { createHeedVerdict } from './heed-verdict.ts';

const heed = async (verdict: RotationVerdict, paused: string[]) => {
  const seen: string[] = [];
  const told: string[] = [];
  const store = {
    pauseOnce: async ({ id }: { id: string }) => {
      seen.push(id);
      return paused;
    },
  };
  const deps = { store, changed: () => void told.push('changed'), onPaused: () => void told.push('paused') };
  await createHeedVerdict(deps)(verdict);
  return { seen, told };
};

test('only a verdict about a bad list pauses campaigns', async () => {
  const others = verdictKinds.filter((kind) => kind !== 'BAD_LIST');
  for (const kind of others) assert.deepEqual((await heed(aVerdict({ kind: kind as VerdictKind }), ['c1'])).seen, []);
  assert.deepEqual(await heed(aVerdict(), ['c1']), { seen: ['v1'], told: ['changed', 'paused'] });
});

test('a verdict that pauses nothing tells nobody', async () => {
  assert.deepEqual((await heed(aVerdict(), [])).told, []);
});
