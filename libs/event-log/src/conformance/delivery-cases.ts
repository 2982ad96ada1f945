/** What reaches a consumer: where it starts, in which batches, and what a pause or a lost signal does to it. */
import assert from 'node:assert/strict';
import type { RecordBatch } from '../port.ts';
import type { Check } from './harness.ts';
import { holds, lastEpoch, makeTopic, numbered, pause, record, textOf, until, watch } from './probe.ts';

export const deliveryCases = (check: Check): void => {
  check('records come from the committed position, or from where onAssigned says', async (connect) => {
    const peer = await connect('starter');
    const topic = await makeTopic(peer);
    for (const partition of [0, 1, 2]) await peer.log.publish(topic, numbered(partition, 'n', 10));
    const once = await watch(peer, {
      topic,
      onAssigned: async (epoch) => {
        await epoch.commit([
          { partition: 0, offset: 7, metadata: '' },
          { partition: 1, offset: 7, metadata: '' },
        ]);
        return undefined;
      },
    });
    await holds(once, 4);
    await once.consumer.close();
    const again = await watch(peer, { topic, onAssigned: async () => new Map([[1, 9]]) });
    await until('all have arrived', () => again.records.length >= 14);
    await pause(50);
    const values = (partition: number): string =>
      again.records
        .filter((one) => one.partition === partition)
        .map(textOf)
        .join();
    assert.deepEqual([values(0), values(1), values(2)], ['n7,n8,n9', 'n9', 'n0,n1,n2,n3,n4,n5,n6,n7,n8,n9']);
  });

  check('a paused partition gets nothing while others do, and goes on where it stopped', async (connect) => {
    const peer = await connect('pauser');
    const topic = await makeTopic(peer);
    const member = await watch(peer, {
      topic,
      onAssigned: async (epoch) => {
        epoch.pause(0);
        return undefined;
      },
    });
    await holds(member, 4);
    const values = (partition: number): string =>
      member.records
        .filter((one) => one.partition === partition)
        .map(textOf)
        .join();
    await peer.log.publish(topic, [...numbered(0, 'p', 3), record(1, 'other')]);
    await until('the other partition gets its record', () => values(1) === 'other');
    await pause(200);
    assert.equal(values(0), '');
    lastEpoch(member)!.resume(0);
    await until('it goes on', () => values(0) === 'p0,p1,p2');
    lastEpoch(member)!.pause(0);
    await peer.log.publish(topic, [record(0, 'later')]);
    await pause(200);
    assert.equal(values(0), 'p0,p1,p2');
    lastEpoch(member)!.resume(0);
    await until('it goes on again', () => values(0) === 'p0,p1,p2,later');
  });

  check(
    'batches keep to their limit and come one at a time for each partition, side by side over partitions',
    async (connect) => {
      const peer = await connect('slow');
      const topic = await makeTopic(peer);
      for (const partition of [0, 1]) await peer.log.publish(topic, numbered(partition, 'n', 50));
      const running = new Map<number, number>();
      let together = 0;
      const sizes: number[] = [];
      const onBatch = async ({ partition, records }: RecordBatch): Promise<void> => {
        running.set(partition, (running.get(partition) ?? 0) + 1);
        assert.equal(running.get(partition), 1);
        together = Math.max(
          together,
          running.values().reduce((sum, one) => sum + one, 0),
        );
        sizes.push(records.length);
        await pause(10);
        running.set(partition, running.get(partition)! - 1);
      };
      const member = await watch(peer, { topic, maxBatch: 20, onBatch });
      await until('all have arrived', () => member.records.length === 100);
      assert.ok(
        sizes.every((size) => size <= 20),
        sizes.join(),
      );
      assert.equal(together, 2);
      assert.equal(member.epochs.length, 1);
    },
  );

  check('records whose signal got lost are found all the same', async (connect) => {
    const [reader, writer] = [await connect('deaf'), await connect('writer')];
    const topic = await makeTopic(reader);
    const member = await watch(reader, { topic });
    await holds(member, 4);
    await reader.loseSignals(topic);
    await writer.log.publish(topic, numbered(0, 'n', 3));
    await until('all have arrived', () => member.records.length === 3, 25_000);
    assert.deepEqual(member.records.map(textOf), ['n0', 'n1', 'n2']);
  });
};
