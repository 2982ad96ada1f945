/** Groups that work: sharing, rebalance with drain, positions, pause, lag. */
import assert from 'node:assert/strict';
import type { Position, RecordBatch } from '../port.ts';
import type { Check } from './harness.ts';
import {
  commitBatch,
  groupOf,
  holds,
  isEnded,
  lastEpoch,
  makeTopic,
  numbered,
  pause,
  record,
  textOf,
  until,
  watch,
} from './probe.ts';

export const groupCases = (check: Check): void => {
  check('members share the partitions evenly, and each record comes once, in order', async (connect) => {
    const peers = await Promise.all(['a', 'b', 'c'].map(connect));
    const topic = await makeTopic(peers[0]!, { partitions: 5 });
    const members = await Promise.all(peers.map((peer) => watch(peer, { topic, onBatch: commitBatch })));
    const shares = (): number[] =>
      members.map((one) => lastEpoch(one)?.partitions.length ?? 0).sort((one, other) => one - other);
    await until('the partitions are shared', () => shares().join() === '1,2,2');
    assert.deepEqual(
      members.flatMap((one) => [...lastEpoch(one)!.partitions]).sort((one, other) => one - other),
      [0, 1, 2, 3, 4],
    );
    for (let n = 0; n < 20; n++)
      await peers[0]!.log.publish(
        topic,
        [0, 1, 2, 3, 4].map((partition) => record(partition, String(n))),
      );
    await until('all have arrived', () => members.flatMap((one) => one.records).length >= 100);
    await pause(50);
    for (const partition of [0, 1, 2, 3, 4]) {
      const values = members
        .flatMap((one) => one.records)
        .filter((one) => one.partition === partition)
        .map(textOf);
      assert.deepEqual(
        values,
        Array.from({ length: 20 }, (_, n) => String(n)),
      );
    }
  });

  check('what is committed in the drain, with its metadata, is what the next owner reads', async (connect) => {
    const [first, second] = [await connect('first'), await connect('second')];
    const topic = await makeTopic(first);
    const old = await watch(first, {
      topic,
      onRevoked: async (epoch, reason) => {
        if (reason !== 'REBALANCE') return;
        await pause(150);
        assert.ok(epoch.isAlive(), 'the epoch lives while it drains');
        await epoch.commit(
          epoch.partitions.map((partition) => ({
            partition,
            offset: 10 + partition,
            metadata: `drained ${partition}`,
          })),
        );
      },
    });
    await holds(old, 4);
    const found = new Map<number, Position | undefined>();
    const fresh = await watch(second, {
      topic,
      onAssigned: async (epoch) => {
        for (const partition of epoch.partitions) found.set(partition, await epoch.committed(partition));
        return undefined;
      },
    });
    await holds(fresh, 2);
    assert.equal(found.size, 2);
    for (const [partition, position] of found)
      assert.deepEqual(position, { offset: 10 + partition, metadata: `drained ${partition}` });
    const [before] = old.epochs;
    assert.ok(!before!.isAlive());
    await assert.rejects(before!.commit([{ partition: 0, offset: 99, metadata: '' }]), isEnded);
    assert.ok(lastEpoch(fresh)!.generation > before!.generation);
  });

  check('a drain that does not end is cut off, and its epoch with it', async (connect) => {
    const [first, second] = [await connect('stuck'), await connect('second')];
    const topic = await makeTopic(first);
    const never = new Promise<void>(() => undefined);
    const stuck = await watch(first, { topic, drainMs: 300, onRevoked: () => never });
    await holds(stuck, 4);
    const began = performance.now();
    const fresh = await watch(second, { topic });
    await holds(fresh, 2);
    assert.ok(performance.now() - began < 3000);
    assert.ok(!stuck.epochs[0]!.isAlive());
  });

  check('a commit is all or nothing, and a partition that was never committed has no position', async (connect) => {
    const peer = await connect('committer');
    const topic = await makeTopic(peer);
    const member = await watch(peer, { topic });
    await holds(member, 4);
    const epoch = lastEpoch(member)!;
    const foreign = epoch.commit([
      { partition: 0, offset: 1, metadata: 'x' },
      { partition: 9, offset: 1, metadata: 'x' },
    ]);
    await assert.rejects(foreign, { code: 'BAD_INPUT' });
    assert.equal(await epoch.committed(0), undefined);
    await epoch.commit([
      { partition: 0, offset: 0, metadata: 'empty ledger' },
      { partition: 3, offset: 2, metadata: '€'.repeat(2000) },
    ]);
    assert.deepEqual(await epoch.committed(0), { offset: 0, metadata: 'empty ledger' });
    assert.deepEqual(await epoch.committed(3), { offset: 2, metadata: '€'.repeat(2000) });
    assert.equal(await epoch.committed(1), undefined);
  });

  check('commits that are not awaited are stored in their order', async (connect) => {
    const peer = await connect('hasty');
    const topic = await makeTopic(peer);
    const member = await watch(peer, { topic });
    await holds(member, 4);
    const epoch = lastEpoch(member)!;
    await Promise.all(
      Array.from({ length: 50 }, (_, n) => epoch.commit([{ partition: n % 2, offset: n, metadata: String(n) }])),
    );
    assert.deepEqual(
      [await epoch.committed(0), await epoch.committed(1)],
      [
        { offset: 48, metadata: '48' },
        { offset: 49, metadata: '49' },
      ],
    );
  });

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

  check('lag tells the end of each partition and what the group has committed, if anything', async (connect) => {
    const peer = await connect('lagging');
    const topic = await makeTopic(peer, { partitions: 2 });
    await peer.log.publish(topic, numbered(1, 'n', 5));
    const nothing = { committed: 0, position: undefined };
    assert.deepEqual(await peer.log.lag(topic, groupOf(topic)), [
      { partition: 0, end: 0, ...nothing },
      { partition: 1, end: 5, ...nothing },
    ]);
    const member = await watch(peer, { topic });
    await holds(member, 2);
    await lastEpoch(member)!.commit([{ partition: 1, offset: 3, metadata: 'm' }]);
    assert.deepEqual(await peer.log.lag(topic, groupOf(topic)), [
      { partition: 0, end: 0, ...nothing },
      { partition: 1, end: 5, committed: 3, position: { offset: 3, metadata: 'm' } },
    ]);
  });

  check(
    'a consumer that is closed drains, can do nothing more, and others have its partitions at once',
    async (connect) => {
      const [first, second] = [await connect('leaver'), await connect('heir')];
      const topic = await makeTopic(first);
      const leaver = await watch(first, {
        topic,
        onRevoked: async (epoch, reason) => {
          if (reason === 'CLOSING')
            await epoch.commit(epoch.partitions.map((partition) => ({ partition, offset: 5, metadata: 'bye' })));
        },
      });
      const heir = await watch(second, { topic });
      await until(
        'both have their share',
        () => lastEpoch(leaver)?.partitions.length === 2 && lastEpoch(heir)?.partitions.length === 2,
      );
      const epoch = lastEpoch(leaver)!;
      const began = performance.now();
      await leaver.consumer.close();
      await holds(heir, 4);
      assert.ok(performance.now() - began < 2000, 'nobody waits for the session to run out');
      assert.equal(leaver.revocations.at(-1)?.reason, 'CLOSING');
      assert.ok(!epoch.isAlive());
      await assert.rejects(epoch.commit([{ partition: epoch.partitions[0]!, offset: 1, metadata: '' }]), isEnded);
      assert.deepEqual(await lastEpoch(heir)!.committed(epoch.partitions[0]!), { offset: 5, metadata: 'bye' });
    },
  );

  check('records whose signal got lost are found all the same', async (connect) => {
    const [reader, writer] = [await connect('deaf'), await connect('writer')];
    const topic = await makeTopic(reader);
    const member = await watch(reader, { topic });
    await holds(member, 4);
    await reader.loseSignals(topic);
    await writer.log.publish(topic, numbered(0, 'n', 3));
    await until('all have arrived', () => member.records.length === 3, 15_000);
    assert.deepEqual(member.records.map(textOf), ['n0', 'n1', 'n2']);
  });

  check('a topic that grows gives its new partitions to the group', async (connect) => {
    const peer = await connect('grower');
    const topic = await makeTopic(peer, { partitions: 2 });
    const member = await watch(peer, { topic, sessionTimeoutMs: 3000 });
    await holds(member, 2);
    await peer.log.ensureTopics([{ name: topic, partitions: 3, cleanup: 'DELETED', retentionMs: 0 }]);
    await peer.log.publish(topic, [record(2, 'new')]);
    await until('the new partition is read', () => member.records.some((one) => one.partition === 2));
  });
};
