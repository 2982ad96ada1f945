import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { rotationVerdictsTopic } from '@sendpool/contracts';
import type { Commit, ConsumeOptions, Epoch } from '@sendpool/event-log';
import { AppError } from '@sendpool/kernel';
import type { Log } from '@sendpool/service';
import { verdictWith } from '../../domain/testing.ts';
import type { VerdictResult } from '../../domain/settle-verdict.ts';
import { createRotationVerdicts } from './rotation-verdicts.consumer.ts';

const silent = (): void => undefined;
const log: Log = { debug: silent, info: silent, warn: silent, error: silent };
const record = (offset: number, value: string) => ({
  partition: 0,
  offset,
  key: 'k',
  value: Buffer.from(value),
  at: 0,
});
const records = ['a', 'b', 'c'].map((id, at) => record(at + 5, rotationVerdictsTopic.encode(verdictWith({ id }))));

const consumed = async (settle: (id: string) => VerdictResult | void, committed?: number) => {
  const commits: Commit[] = [];
  const counted: unknown[] = [];
  let options: ConsumeOptions | undefined;
  const epoch = {
    partitions: [0],
    committed: async () => (committed === undefined ? undefined : { offset: committed, metadata: '' }),
    commit: async (given: readonly Commit[]) => void commits.push(...given),
  } as unknown as Epoch;
  const part = createRotationVerdicts({
    eventLog: {
      bounds: async () => [{ partition: 0, first: 2, next: 8 }],
      consume: async (given) => {
        options = given;
        return { close: async () => undefined };
      },
    },
    settle: async ({ id }) => settle(id) ?? 'APPLIED',
    verdicts: { inc: (labels) => void counted.push(labels) },
    log,
  });
  await part.start?.();
  return { options: options!, epoch, commits, counted };
};

describe('reading rotation verdicts', () => {
  it('commits its place only after every verdict of the batch was settled', async () => {
    const settled: string[] = [];
    const { options, epoch, commits } = await consumed((id) => {
      assert.equal(commits.length, 0);
      settled.push(id);
    });
    await options.onBatch({ partition: 0, records }, epoch);
    assert.deepEqual([settled, commits], [['a', 'b', 'c'], [{ partition: 0, offset: 8, metadata: '' }]]);
  });

  it('counts each verdict by pool, kind and result, and those that are known not again', async () => {
    const { options, epoch, counted } = await consumed((id) => (id === 'b' ? 'KNOWN' : 'NOT_APPLIED'));
    const warn = verdictWith({ id: 'c', kind: 'WARN', poolId: 'p' });
    const last = record(8, rotationVerdictsTopic.encode(warn));
    await options.onBatch({ partition: 0, records: [records[1]!, last] }, epoch);
    assert.deepEqual(counted, [{ pool: 'p', kind: 'WARN', result: 'NOT_APPLIED' }]);
  });

  it('commits nothing when the database is away: the batch comes again', async () => {
    const { options, epoch, commits } = await consumed((id) => {
      if (id === 'b') throw new AppError('UNAVAILABLE', 'away', { retriable: true });
    });
    await assert.rejects(options.onBatch({ partition: 0, records }, epoch), /away/);
    assert.deepEqual(commits, []);
  });

  it('passes over a record that cannot be read, and a verdict that can never be settled after three tries', async () => {
    const settled: string[] = [];
    const { options, epoch, commits } = await consumed((id) => {
      settled.push(id);
      if (id === 'b') throw new Error('never');
    });
    await options.onBatch({ partition: 0, records: [record(4, '{"oops"'), ...records] }, epoch);
    assert.deepEqual([settled, commits[0]?.offset], [['a', 'b', 'b', 'b', 'c'], 8]);
  });

  it('goes on where it was, and reads all of a log again that ends before that', async () => {
    for (const [committed, starts] of [
      [undefined, []],
      [8, []],
      [9, [[0, 2]]],
    ] as const) {
      const { options, epoch } = await consumed(silent, committed);
      assert.deepEqual([...(await options.onAssigned(epoch))!], starts);
    }
  });
});
