import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createTendCampaigns, type CampaignLifeStore } from './campaign-life.ts';

const world = (store: Partial<CampaignLifeStore>, started: boolean[] = []) => {
  const calls: string[] = [];
  const clock = { now: 0 };
  const tend = createTendCampaigns({
    store: {
      dueToStart: async () => [],
      workWaiting: async () => ({ prepare: [], sweep: [], finish: [] }),
      prepareChunk: async () => 'DONE',
      sweepChunk: async () => 'DONE',
      finishIfDone: async () => false,
      ...store,
    },
    start: async (id) => {
      calls.push(id);
      return started.shift() ?? true;
    },
    moved: () => void calls.push('moved'),
    now: () => clock.now,
    lanes: 4,
    graceMs: 10,
  });
  return { tend, calls, clock };
};

test('a turn comes again at once while a campaign has more to prepare, and tells others that something moved', async () => {
  const steps: ('MORE' | 'DONE')[] = ['MORE', 'DONE'];
  const { tend, calls } = world({
    workWaiting: async () => ({ prepare: [1], sweep: [], finish: [] }),
    prepareChunk: async () => steps.shift()!,
  });
  assert.deepEqual([await tend(), await tend()], [true, false]);
  assert.deepEqual(calls, ['moved', 'moved']);
});

test('a campaign that is looked at and not finished moves nothing', async () => {
  const { tend, calls } = world({ workWaiting: async () => ({ prepare: [], sweep: [], finish: [1] }) });
  assert.equal(await tend(), false);
  assert.deepEqual(calls, []);
});

test('a scheduled campaign that is refused is tried again after half a minute', async () => {
  const { tend, calls, clock } = world({ dueToStart: async () => ['a'] }, [false, true]);
  await tend();
  await tend();
  assert.deepEqual(calls, ['a']);
  clock.now = 30_000;
  await tend();
  assert.deepEqual(calls, ['a', 'a']);
});
