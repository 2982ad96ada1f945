/** Tails: all partitions of a topic read on and on outside any group, from given places. */
import assert from 'node:assert/strict';
import { isAppError } from '@sendpool/kernel';
import type { StoredRecord, Tail, TailOptions } from '../port.ts';
import { endsOf } from '../tail.ts';
import type { Check, Peer } from './harness.ts';
import { makeCompacted, makeTopic, numbered, pause, record, textOf, until } from './probe.ts';

type Seen = { tail: Tail; of(partition: number): string[]; count(): number };

const listen = async ({ log }: Peer, options: Pick<TailOptions, 'topic'> & Partial<TailOptions>): Promise<Seen> => {
  const records: StoredRecord[] = [];
  const tail = await log.tail({ from: new Map(), onRecords: (some) => void records.push(...some), ...options });
  const of = (partition: number): string[] => records.filter((one) => one.partition === partition).map(textOf);
  return { tail, of, count: () => records.length };
};

const values = (prefix: string, n: number): string[] => Array.from({ length: n }, (_, at) => `${prefix}${at}`);

export const tailCases = (check: Check): void => {
  check(
    'a tail hands over what lies behind its places and then what others publish, each partition in order and once',
    async (connect) => {
      const [writer, reader] = [await connect('writer'), await connect('reader')];
      const topic = await makeTopic(writer, { partitions: 3 });
      for (const partition of [0, 1]) await writer.log.publish(topic, numbered(partition, 'old', 700));
      const seen = await listen(reader, {
        topic,
        from: new Map([
          [0, 698],
          [1, 0],
        ]),
      });
      await until('the old ones arrive', () => seen.count() === 702);
      const storm = async (prefix: string): Promise<void> => {
        for (let n = 0; n < 60; n++)
          await writer.log.publish(
            topic,
            [0, 1, 2].map((partition) => record(partition, `${prefix}${n}`)),
          );
      };
      await storm('new');
      await until('the new ones arrive', () => seen.count() === 702 + 180);
      assert.deepEqual(seen.of(0), ['old698', 'old699', ...values('new', 60)]);
      assert.deepEqual(seen.of(1), [...values('old', 700), ...values('new', 60)]);
      assert.deepEqual(seen.of(2), values('new', 60));
    },
  );

  check('a tail is woken by what others publish, and once closed gets nothing more', async (connect) => {
    const [writer, reader] = [await connect('writer'), await connect('reader')];
    const topic = await makeTopic(writer);
    await writer.log.publish(topic, numbered(3, 'old', 5));
    const seen = await listen(reader, { topic, from: endsOf(await reader.log.bounds(topic)) });
    await pause(300);
    const began = performance.now();
    await writer.log.publish(topic, [record(3, 'new')]);
    await until('it arrives', () => seen.count() === 1);
    assert.ok(performance.now() - began < 500, 'a record wakes the tail');
    assert.deepEqual(seen.of(3), ['new']);
    await seen.tail.close();
    await writer.log.publish(topic, [record(3, 'late')]);
    await pause(100);
    assert.equal(seen.count(), 1);
  });

  check(
    'a tail begins at the first kept record of a partition that is not named, also of one that is made later',
    async (connect) => {
      const peer = await connect('grower');
      const topic = await makeTopic(peer, { partitions: 1 });
      await peer.log.publish(topic, numbered(0, 'n', 10));
      await peer.log.trim(topic, 0, 7);
      const seen = await listen(peer, { topic });
      await until('what is kept arrives', () => seen.count() === 3);
      assert.deepEqual(seen.of(0), ['n7', 'n8', 'n9']);
      await peer.log.ensureTopics([{ name: topic, partitions: 2, cleanup: 'DELETED', retentionMs: 0 }]);
      await peer.log.publish(topic, [record(1, 'first')]);
      await until('the new partition is heard', () => seen.of(1).length === 1);
    },
  );

  check('a tail whose handler throws gets the same records again', async (connect) => {
    const peer = await connect('thrower');
    const topic = await makeTopic(peer);
    const got: string[] = [];
    let fails = 2;
    await listen(peer, {
      topic,
      onRecords: (records) => {
        if (records[0]!.offset === 0 && fails-- > 0) throw new Error('not now');
        got.push(...records.map(textOf));
      },
    });
    await peer.log.publish(topic, numbered(2, 'n', 3));
    await until('all arrive', () => got.length === 3);
    assert.deepEqual(got, values('n', 3));
  });

  check('a tail lives through lost connections and misses nothing', async (connect) => {
    const [reader, writer] = [await connect('reader'), await connect('writer')];
    const topic = await makeTopic(reader, { partitions: 2 });
    const seen = await listen(reader, { topic });
    for (let n = 0; n < 40; n++) {
      await writer.log.publish(topic, [record(0, `n${n}`), record(1, `n${n}`)]);
      if (n % 10 !== 5) continue;
      reader.link.cut();
      reader.link.restore();
    }
    await until('all have arrived', () => seen.count() === 80);
    for (const partition of [0, 1]) assert.deepEqual(seen.of(partition), values('n', 40));
  });

  check('a tail that hears no signal any more finds new records by itself', async (connect) => {
    const [reader, writer] = [await connect('deaf'), await connect('writer')];
    const topic = await makeTopic(reader);
    const seen = await listen(reader, { topic });
    await reader.loseSignals(topic);
    await writer.log.publish(topic, [record(1, 'unheard')]);
    await until('it is found', () => seen.count() === 1);
  });

  check('a tail of a compacted topic is refused', async (connect) => {
    const peer = await connect('mistaken');
    const topic = await makeCompacted(peer);
    await assert.rejects(listen(peer, { topic }), (error) => isAppError(error, 'BAD_INPUT'));
  });
};
