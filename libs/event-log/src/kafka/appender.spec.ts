import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { batchesOf, createAppender } from './appender.ts';
import { fakeCluster, type FakeCluster } from './fake-cluster.ts';
import { KafkaError } from './faults.ts';
import type { Requests } from './protocol.ts';
import { decodeBatches } from './records.ts';

type ProduceAsk = Requests['Produce']['ask'];

const record = (value: string, partition = 0) => ({ partition, key: null, value });
const [corrupt, tooLarge, notLeader, unordered, duplicate] = [2, 10, 6, 45, 46];

/** What arrives, as `partition:identity:first number:values`, and the codes to answer with, in turn; 0 when there are no more. */
const scripted = (codes: readonly (number | 'LOST')[]): FakeCluster & { arrived: string[] } => {
  const arrived: string[] = [];
  const script = [...codes];
  let identities = 0;
  const produce = ({ topic, partitions }: ProduceAsk): object => {
    const answers = partitions.map(({ partition, batches }) => {
      const values = decodeBatches(batches, partition, 0).records.map(({ value }) => value.toString());
      arrived.push(`${partition}:${batches.readBigInt64BE(43)}:${batches.readInt32BE(53)}:${values.join()}`);
      const code = script.shift() ?? 0;
      if (code === 'LOST') throw new KafkaError('CONNECTION', 'lost', { passes: true });
      return { partition, errorCode: code, baseOffset: '0' };
    });
    return { topics: [{ topicName: topic, partitions: answers }] };
  };
  const fake = fakeCluster(async (_nodeId, name, ask) =>
    name === 'InitProducerId' ? { producerId: String(++identities), producerEpoch: 0 } : produce(ask as ProduceAsk),
  );
  return { ...fake, arrived };
};

const appenderOn = ({ cluster }: FakeCluster) =>
  createAppender({ cluster, findTopic: () => Promise.resolve({ name: 't', partitions: 3, compacted: false }) });

describe('the appender', () => {
  it('numbers the records of each partition from 0 on, under one identity', async () => {
    const fake = scripted([]);
    const appender = appenderOn(fake);
    await appender.append([record('a'), record('b'), record('x', 1)]);
    await appender.append([record('c'), record('y', 1)]);
    assert.deepEqual(fake.arrived, ['0:1:0:a,b', '1:1:0:x', '0:1:2:c', '1:1:1:y']);
  });

  it('sends what is unanswered or refused for a while again under its number, and nothing else', async () => {
    const fake = scripted([0, notLeader, 'LOST', corrupt]);
    const appender = appenderOn(fake);
    await appender.append([record('a'), record('x', 1)]);
    await appender.append([record('b'), record('y', 1)]);
    assert.deepEqual(fake.arrived, ['0:1:0:a', '1:1:0:x', '1:1:0:x', '1:1:0:x', '1:1:0:x', '0:1:1:b', '1:1:1:y']);
    assert.ok(fake.refreshes.length >= 2, 'who leads is asked anew');
  });

  it('asks anew who leads when the leader that it knows is no broker of the cluster any more', async () => {
    const fake = scripted([]);
    const gone = new KafkaError('BROKER_NOT_AVAILABLE', 'Kafka has no node 0 now', { passes: true });
    const { broker } = fake.cluster;
    // As a real one: what it remembers of leaders names a node that it has forgotten.
    fake.cluster.broker = (nodeId) => (fake.refreshes.length === 0 ? Promise.reject(gone) : broker(nodeId));
    await appenderOn(fake).append([record('a')]);
    assert.deepEqual(fake.arrived, ['0:1:0:a']);
  });

  it('takes a batch that the broker has already for stored', async () => {
    const fake = scripted([duplicate]);
    const appender = appenderOn(fake);
    await appender.append([record('a')]);
    await appender.append([record('b')]);
    assert.deepEqual(fake.arrived, ['0:1:0:a', '0:1:1:b']);
  });

  it('goes on under a new identity where the broker has forgotten the old one', async () => {
    const fake = scripted([0, 0, unordered]);
    const appender = appenderOn(fake);
    await appender.append([record('a'), record('x', 1)]);
    await appender.append([record('b'), record('y', 1)]);
    await appender.append([record('c'), record('z', 1)]);
    assert.deepEqual(fake.arrived, ['0:1:0:a', '1:1:0:x', '0:1:1:b', '1:1:1:y', '0:2:0:b', '0:2:1:c', '1:2:0:z']);
  });

  it('never sends other records under a number that may be taken', async () => {
    const fake = scripted(['LOST', tooLarge]);
    const appender = appenderOn(fake);
    await assert.rejects(appender.append([record('a')]), { code: 'BAD_INPUT' });
    await appender.append([record('b')]);
    assert.deepEqual(fake.arrived, ['0:1:0:a', '0:1:0:a', '0:2:0:b']);
  });

  it('splits what is too much for one batch, in order, and loses nothing', () => {
    const some = fc.record({ partition: fc.nat(2), key: fc.constant(null), size: fc.nat(200_000) });
    fc.assert(
      fc.property(fc.array(some, { maxLength: 40 }), (sizes) => {
        const records = sizes.map(({ partition, key, size }, n) => ({
          partition,
          key,
          value: `${n}:`.padEnd(size, 'x'),
        }));
        const batches = batchesOf(records);
        for (const [partition, lists] of batches) {
          assert.deepEqual(
            lists.flat(),
            records.filter((one) => one.partition === partition),
          );
          for (const list of lists)
            assert.ok(list.length === 1 || list.reduce((sum, { value }) => sum + value.length, 0) < 900_000);
        }
        assert.equal([...batches.values()].flat(2).length, records.length);
      }),
    );
  });
});
