/** Groups in trouble: dead members, lost answers, late requests, handlers that throw. */
import assert from 'node:assert/strict';
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

const sessionTimeoutMs = 3000;

export const faultCases = (check: Check): void => {
  check('what a member that died had not committed comes again to the one that takes over', async (connect) => {
    const [doomed, heir] = [await connect('doomed'), await connect('heir')];
    const topic = await makeTopic(doomed, { partitions: 1 });
    await heir.log.publish(topic, numbered(0, 'n', 10));
    const dead = await watch(doomed, {
      topic,
      sessionTimeoutMs,
      maxBatch: 4,
      onBatch: async (batch, epoch) => {
        if (batch.records[0]!.offset === 0) await commitBatch(batch, epoch);
      },
    });
    await until('the first one has all', () => dead.records.length === 10);
    doomed.link.cut();
    const alive = await watch(heir, { topic, sessionTimeoutMs });
    await until('the rest comes again', () => alive.records.length === 6);
    assert.deepEqual(alive.records.map(textOf), ['n4', 'n5', 'n6', 'n7', 'n8', 'n9']);
    doomed.link.restore();
  });

  check(
    'a member that is cut off knows that it is not alive before another one takes over, and can commit nothing afterwards',
    async (connect) => {
      const [lonely, heir] = [await connect('lonely'), await connect('heir')];
      const topic = await makeTopic(lonely);
      const old = await watch(lonely, { topic, sessionTimeoutMs });
      await holds(old, 4);
      const epoch = lastEpoch(old)!;
      await epoch.commit([{ partition: 0, offset: 1, metadata: 'old' }]);
      lonely.link.holdAnswers();
      const fresh = await watch(heir, { topic, sessionTimeoutMs });
      await until('it knows', () => !epoch.isAlive(), sessionTimeoutMs);
      assert.equal(fresh.epochs.length, 0, 'nobody has taken over yet');
      await holds(fresh, 4);
      await lastEpoch(fresh)!.commit([{ partition: 0, offset: 2, metadata: 'new' }]);
      lonely.link.restore();
      await assert.rejects(epoch.commit([{ partition: 0, offset: 9, metadata: 'zombie' }]), isEnded);
      await until('it is told', () => old.revocations.some((one) => one.epoch === epoch && one.reason === 'LOST'));
      assert.deepEqual((await heir.log.lag(topic, groupOf(topic)))[0]?.position, { offset: 2, metadata: 'new' });
      await until('it comes back into the group', () => lastEpoch(old)!.generation > epoch.generation);
    },
  );

  check('a commit without an answer ends the epoch, and the next one reads what became of it', async (connect) => {
    const peer = await connect('unanswered');
    const topic = await makeTopic(peer, { partitions: 1 });
    const member = await watch(peer, { topic, sessionTimeoutMs });
    await holds(member, 1);
    const epoch = lastEpoch(member)!;
    await epoch.commit([{ partition: 0, offset: 1, metadata: 'first' }]);
    peer.link.loseAnswerTo('second');
    await assert.rejects(epoch.commit([{ partition: 0, offset: 2, metadata: 'second' }]), isEnded);
    assert.ok(!epoch.isAlive());
    await until('a new epoch begins', () => lastEpoch(member) !== epoch);
    assert.ok(lastEpoch(member)!.generation > epoch.generation);
    assert.ok(member.revocations.some((one) => one.epoch === epoch && one.reason === 'LOST'));
    // The request had arrived; only its answer was lost.
    assert.deepEqual(await lastEpoch(member)!.committed(0), { offset: 2, metadata: 'second' });
  });

  check('a commit that arrives late, after the next generation began, is refused', async (connect) => {
    const peer = await connect('dawdler');
    const topic = await makeTopic(peer, { partitions: 1 });
    const member = await watch(peer, { topic, sessionTimeoutMs });
    await holds(member, 1);
    const epoch = lastEpoch(member)!;
    await epoch.commit([{ partition: 0, offset: 1, metadata: 'before' }]);
    // The link looks for these bytes in any request, and "late" alone stands in SQL, too.
    peer.link.holdRequest('comes late');
    await assert.rejects(epoch.commit([{ partition: 0, offset: 2, metadata: 'comes late' }]), isEnded);
    await until('a new epoch begins', () => lastEpoch(member) !== epoch);
    await lastEpoch(member)!.commit([{ partition: 0, offset: 3, metadata: 'after' }]);
    peer.link.release();
    await pause(300);
    assert.deepEqual(await lastEpoch(member)!.committed(0), { offset: 3, metadata: 'after' });
  });

  check('a commit without an answer never lands on what another member has taken over meanwhile', async (connect) => {
    const [dawdler, heir] = [await connect('dawdler'), await connect('heir')];
    const topic = await makeTopic(dawdler, { partitions: 2 });
    const old = await watch(dawdler, { topic, sessionTimeoutMs });
    await holds(old, 2);
    const epoch = lastEpoch(old)!;
    dawdler.link.holdRequest('stuck');
    const stuck = epoch.commit([0, 1].map((partition) => ({ partition, offset: 9, metadata: 'stuck' })));
    const rejected = assert.rejects(stuck, isEnded);
    const fresh = await watch(heir, { topic, sessionTimeoutMs });
    await holds(fresh, 1);
    const { partitions } = lastEpoch(fresh)!;
    await lastEpoch(fresh)!.commit([{ partition: partitions[0]!, offset: 5, metadata: 'heir' }]);
    await rejected;
    await until('both share', () => [old, fresh].every((one) => lastEpoch(one)?.partitions.length === 1));
    dawdler.link.release();
    await pause(300);
    const positions = (await heir.log.lag(topic, groupOf(topic))).map((one) => one.position?.metadata);
    assert.equal(positions[partitions[0]!], 'heir');
    assert.ok(!positions.includes('stuck'), positions.join());
  });

  check(
    'a handler that throws ends the epoch, and its records come again in order under the next one',
    async (connect) => {
      const peer = await connect('thrower');
      const topic = await makeTopic(peer, { partitions: 1 });
      await peer.log.publish(topic, numbered(0, 'n', 10));
      const faults: unknown[] = [];
      let hasThrown = false;
      const member = await watch(peer, {
        topic,
        maxBatch: 5,
        onError: (error) => faults.push(error),
        onBatch: async (batch, epoch) => {
          if (!hasThrown && batch.records[0]!.offset === 5) {
            hasThrown = true;
            throw new Error('cannot');
          }
          await commitBatch(batch, epoch);
        },
      });
      await until('all have arrived', () => member.records.length >= 10);
      await pause(50);
      assert.deepEqual(
        member.records.map(textOf),
        Array.from({ length: 10 }, (_, n) => `n${n}`),
      );
      assert.equal(member.epochs.length, 2);
      assert.ok(!member.epochs[0]!.isAlive());
      assert.ok(faults.some((fault) => fault instanceof Error && fault.message === 'cannot'));
    },
  );

  check('a consumer whose assignment fails starts over until it works', async (connect) => {
    const peer = await connect('stumbler');
    const topic = await makeTopic(peer, { partitions: 1 });
    await peer.log.publish(topic, [record(0, 'x')]);
    let tries = 0;
    const member = await watch(peer, {
      topic,
      onAssigned: async () => {
        if (++tries < 3) throw new Error('not yet');
        return undefined;
      },
    });
    await until('the record arrives', () => member.records.length === 1);
    assert.equal(tries, 3);
  });

  check('a consumer lives through lost connections and misses nothing', async (connect) => {
    const [reader, writer] = [await connect('reader'), await connect('writer')];
    const topic = await makeTopic(reader, { partitions: 1 });
    const seen = new Set<string>();
    const member = await watch(reader, {
      topic,
      sessionTimeoutMs,
      onBatch: async (batch, epoch) => {
        for (const one of batch.records) seen.add(textOf(one));
        await commitBatch(batch, epoch);
      },
    });
    await holds(member, 1);
    for (let n = 0; n < 30; n++) {
      await writer.log.publish(topic, [record(0, `n${n}`)]);
      if (n % 10 !== 5) continue;
      reader.link.cut();
      reader.link.restore();
    }
    await until('all have arrived', () => seen.size === 30);
    assert.deepEqual(
      [...seen],
      Array.from({ length: 30 }, (_, n) => `n${n}`),
    );
  });
};
