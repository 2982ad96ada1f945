import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Tracing } from '@sendpool/service';
import type { CampaignInLane } from '../../domain/plan-slice.ts';
import { createSliceTraces } from './slice-traces.ts';

const campaign = { id: 'campaign', trace: 'of the request' } as CampaignInLane;
const slice = { kind: 'SLICE', lastSequence: 1, records: [] } as const;
const request = { lane: 3, epoch: 1, produced: 0 };

const recorder = () => {
  const ended: boolean[] = [];
  const parents: (string | undefined)[] = [];
  const tracing: Tracing = {
    open: ({ parent }) => {
      parents.push(parent);
      return { traceparent: `span ${parents.length}`, end: (_, isFault = false) => void ended.push(isFault) };
    },
    close: () => Promise.resolve(),
  };
  return { tracing, ended, parents };
};

test('a share of the messages is traced, each under the request that started its campaign', async () => {
  const { tracing, parents } = recorder();
  const draws = [0.4, 0.6, 0.49];
  const traces = createSliceTraces(tracing, 0.5, () => draws.shift()!);
  assert.deepEqual(
    [0, 1, 2].map(() => traces.traceOf(3, campaign)),
    ['span 1', undefined, 'span 2'],
  );
  assert.deepEqual(parents, ['of the request', 'of the request']);
});

test('spans end with the slice of their lane, as faults when it was not taken', async () => {
  const { tracing, ended } = recorder();
  const traces = createSliceTraces(tracing, 1, () => 0);
  const take = traces.around(async ({ lane }) => {
    traces.traceOf(lane, campaign);
    return slice;
  });
  traces.traceOf(4, campaign);
  await take(request);
  assert.deepEqual(ended, [false]);
  const fail = traces.around(() => Promise.reject(new Error('away')));
  await assert.rejects(fail({ ...request, lane: 4 }));
  assert.deepEqual(ended, [false, true]);
});
