import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Found } from '../group/delivery.ts';
import { fakeCluster } from './fake-cluster.ts';
import { KafkaError } from './faults.ts';
import type { FetchedPartition, Requests } from './protocol.ts';
import { createReader, readFrom } from './reader.ts';
import { encodeBatch } from './records.ts';

type FetchAsk = Requests['Fetch']['ask'];

/** Answers of fetches. */
const fetching = (answer: (nodeId: number, ask: FetchAsk) => Promise<FetchedPartition[]>) =>
  fakeCluster(async (nodeId, name, ask) => {
    assert.equal(name, 'Fetch');
    return { errorCode: 0, partitions: await answer(nodeId, ask as FetchAsk) };
  });

const batch = (offset: number, values: readonly string[], last = values.length - 1): Buffer => {
  const records = values.map((value) => ({ key: null, value }));
  const bytes = encodeBatch(records, { producerId: -1n, epoch: -1, first: -1 }, 1);
  bytes.writeBigInt64BE(BigInt(offset), 0);
  bytes.writeInt32BE(last, 23);
  return bytes;
};

const fetched = (partition: number, batches: Buffer, highWatermark: number): FetchedPartition => ({
  partition,
  batches,
  highWatermark,
  errorCode: 0,
  logStart: 0,
});
const nothing = Buffer.alloc(0);

const outcome = ({ runs, isAtEnd }: Found): string =>
  `${runs.length === 0 ? 'nothing' : 'records'}, ${isAtEnd ? 'at the end' : 'and there may be more'}`;

describe('the reader', () => {
  it('gives what one leader has while another still waits, and takes the answer of the other with a later read', async () => {
    const slow = Promise.withResolvers<FetchedPartition[]>();
    const asked: number[] = [];
    const { cluster } = fetching((nodeId, ask) => {
      asked.push(nodeId);
      const at = ask.partitions[0]!.offset;
      if (nodeId === 1) return slow.promise;
      return Promise.resolve([at === 0 ? fetched(0, batch(0, ['a']), 1) : fetched(0, nothing, 1)]);
    });
    const reader = createReader(cluster, 't');
    const first = await reader.read(
      [
        { partition: 0, offset: 0 },
        { partition: 1, offset: 0 },
      ],
      100,
    );
    assert.deepEqual(
      first.runs.map((run) => run.map(({ value }) => value.toString())),
      [['a']],
    );
    const second = reader.read(
      [
        { partition: 0, offset: 1 },
        { partition: 1, offset: 0 },
      ],
      100,
    );
    slow.resolve([fetched(1, batch(0, ['b']), 1)]);
    assert.deepEqual(
      (await second).runs.map((run) => run[0]!.value.toString()),
      ['b'],
    );
    assert.deepEqual(asked, [0, 1, 0], 'the slow leader was asked once');
  });

  it('drops a late answer for a place that is not wanted any more', async () => {
    const slow = Promise.withResolvers<FetchedPartition[]>();
    let calls = 0;
    const { cluster } = fetching((nodeId) => {
      if (nodeId === 0) return Promise.resolve([fetched(0, batch(0, ['a']), 1)]);
      return ++calls === 1 ? slow.promise : Promise.resolve([fetched(1, batch(5, ['z']), 6)]);
    });
    const reader = createReader(cluster, 't');
    await reader.read(
      [
        { partition: 0, offset: 0 },
        { partition: 1, offset: 0 },
      ],
      100,
    );
    slow.resolve([fetched(1, batch(0, ['b']), 6)]);
    await slow.promise;
    const late = await reader.read([{ partition: 1, offset: 5 }], 100);
    assert.equal(outcome(late), 'nothing, and there may be more');
    assert.equal((await reader.read([{ partition: 1, offset: 5 }], 100)).runs[0]![0]!.offset, 5);
  });

  it('passes over offsets that compaction has emptied, and then asks behind them', async () => {
    const asked: number[] = [];
    const { cluster } = fetching((_nodeId, ask) => {
      asked.push(ask.partitions[0]!.offset);
      return Promise.resolve([
        ask.partitions[0]!.offset < 20 ? fetched(0, batch(10, ['a'], 9), 20) : fetched(0, nothing, 20),
      ]);
    });
    const reader = createReader(cluster, 't');
    for (let turn = 0; turn < 3; turn++)
      assert.equal(outcome(await reader.read([{ partition: 0, offset: 11 }], 0)), 'nothing, at the end');
    assert.deepEqual(asked, [11, 20, 20]);
  });

  it('asks anew who leads after a fault that says so, and again after a lost connection', async () => {
    const faults = [6, 'CONNECTION', 0] as const;
    let call = 0;
    const { cluster, refreshes } = fetching(() => {
      const fault = faults[call++];
      if (fault === 'CONNECTION') return Promise.reject(new KafkaError('CONNECTION', 'lost', { passes: true }));
      return Promise.resolve([{ ...fetched(0, nothing, 0), errorCode: fault! }]);
    });
    const reader = createReader(cluster, 't');
    await assert.rejects(reader.read([{ partition: 0, offset: 0 }], 0), { type: 'NOT_LEADER_FOR_PARTITION' });
    await assert.rejects(reader.read([{ partition: 0, offset: 0 }], 0), { type: 'CONNECTION' });
    assert.equal(outcome(await reader.read([{ partition: 0, offset: 0 }], 0)), 'nothing, at the end');
    assert.equal(refreshes.length, 2);
  });

  it('asks anew who leads also for a single read, whose reader nobody asks twice', async () => {
    const lost = new KafkaError('CONNECTION', 'lost', { passes: true });
    const { cluster, refreshes } = fetching(() =>
      refreshes.length === 0 ? Promise.reject(lost) : Promise.resolve([fetched(0, batch(0, ['a']), 1)]),
    );
    const records = await readFrom(cluster, ['t', 0, 0], 10);
    assert.deepEqual(
      records.map(({ value }) => value.toString()),
      ['a'],
    );
  });

  it('lets no dead leader hold up the records of another, and tells of it when there are none', async () => {
    let hasRecords = true;
    const { cluster, refreshes } = fetching(async (nodeId) => {
      if (nodeId === 0) throw new KafkaError('CONNECTION', 'refused', { passes: true });
      await new Promise((resolve) => setTimeout(resolve, 20));
      return [hasRecords ? fetched(1, batch(0, ['b']), 1) : fetched(1, nothing, 1)];
    });
    const reader = createReader(cluster, 't');
    const both = [
      { partition: 0, offset: 0 },
      { partition: 1, offset: 0 },
    ];
    assert.equal(outcome(await reader.read(both, 100)), 'records, and there may be more');
    hasRecords = false;
    await assert.rejects(reader.read(both, 100), { type: 'CONNECTION' });
    assert.equal(refreshes.length, 1);
  });
});
