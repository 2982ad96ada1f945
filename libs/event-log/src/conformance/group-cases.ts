/** Groups that work: sharing, rebalance with drain, positions, lag. */
import assert from 'node:assert/strict';
import type { Position } from '../port.ts';
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

  check('a drain that takes longer than the lease lasts is not cut short by it', async (connect) => {
    const [first, second] = [await connect('patient'), await connect('second')];
    const topic = await makeTopic(first);
    const times = { sessionTimeoutMs: 2400, drainMs: 2300 };
    const old = await watch(first, {
      topic,
      ...times,
      onRevoked: async (epoch, reason) => {
        if (reason !== 'REBALANCE') return;
        await pause(1800);
        await epoch.commit(epoch.partitions.map((partition) => ({ partition, offset: 3, metadata: 'slow' })));
      },
    });
    await holds(old, 4);
    const fresh = await watch(second, { topic, ...times });
    await holds(fresh, 2);
    for (const partition of lastEpoch(fresh)!.partitions)
      assert.deepEqual(await lastEpoch(fresh)!.committed(partition), { offset: 3, metadata: 'slow' });
    assert.equal(old.revocations[0]?.reason, 'REBALANCE');
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
