/** What only groups on a real broker can show. The cases that every adapter passes are in the conformance suite. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { isAppError } from '@sendpool/kernel';
import { groupOf, holds, lastEpoch, makeTopic, numbered, pause, textOf, until, watch } from '../conformance/probe.ts';
import { maxMetadata } from './positions.ts';
import { connectPeer, startMember, urlOf, type MemberProcess } from './testing.ts';

const address = process.env['SENDPOOL_TEST_KAFKA']?.split(',')[0] ?? '';
const skip = address === '' && (process.env['SENDPOOL_NO_KAFKA'] ?? 'SENDPOOL_TEST_KAFKA is not set');
const sessionTimeoutMs = 2000;

const isAssigned = ({ lines }: MemberProcess): boolean => lines.some((line) => line.kind === 'ASSIGNED');

describe('groups on a real broker', { skip, concurrency: 3 }, () => {
  test('metadata of 4096 characters is kept, and longer metadata is refused before anything is stored', async () => {
    await using peer = await connectPeer(address);
    const topic = await makeTopic(peer);
    const member = await watch(peer, { topic });
    await holds(member, 4);
    const epoch = lastEpoch(member)!;
    const full = '€'.repeat(maxMetadata);
    await epoch.commit([{ partition: 0, offset: 1, metadata: full }]);
    const tooLong = epoch.commit([
      { partition: 1, offset: 1, metadata: 'sibling' },
      { partition: 0, offset: 2, metadata: `${full}€` },
    ]);
    await assert.rejects(tooLong, { code: 'BAD_INPUT' });
    assert.ok(epoch.isAlive(), 'nothing was sent, so nothing is in doubt');
    assert.deepEqual(await epoch.committed(0), { offset: 1, metadata: full });
    assert.equal(await epoch.committed(1), undefined);
  });

  test('what is acknowledged while members come and go is what the next owner reads, and it never changes later', async () => {
    await using one = await connectPeer(address);
    await using two = await connectPeer(address);
    const topic = await makeTopic(one, { partitions: 3 });
    const acknowledged = new Map<number, number>();
    const stale: string[] = [];
    let n = 0;
    const onAssigned = async (
      epoch: Parameters<Parameters<typeof watch>[1]['onBatch'] & object>[1],
    ): Promise<undefined> => {
      for (const partition of epoch.partitions) {
        const read = (await epoch.committed(partition))?.offset ?? 0;
        const least = acknowledged.get(partition) ?? 0;
        if (read < least) stale.push(`partition ${partition}: ${read} after ${least}`);
      }
      const commitOn = async (): Promise<void> => {
        while (epoch.isAlive()) {
          const offset = ++n;
          await epoch.commit(epoch.partitions.map((partition) => ({ partition, offset, metadata: `${offset}` })));
          for (const partition of epoch.partitions) acknowledged.set(partition, offset);
        }
      };
      // In flight when the rebalance comes: no drain waits for it.
      void Promise.allSettled([commitOn(), commitOn()]);
      return undefined;
    };
    await watch(one, { topic, onAssigned });
    for (let round = 0; round < 12; round++) {
      const guest = await watch(two, { topic, onAssigned });
      await until('the guest has a share', () => lastEpoch(guest) !== undefined);
      await guest.consumer.close();
    }
    assert.ok(n > 100, `${n} commits`);
    assert.deepEqual(stale, []);
  });

  test('a process that was stopped for longer than its session finds itself dead before it does anything, and can commit nothing', async () => {
    await using peer = await connectPeer(address);
    const topic = await makeTopic(peer, { partitions: 2 });
    const group = groupOf(topic);
    await using stopped = startMember({ url: urlOf(address), topic, group, sessionTimeoutMs });
    await until('it has an effect', () => stopped.lines.some((line) => line.kind === 'EFFECT'));
    stopped.child.kill('SIGSTOP');
    await pause(50);
    const said = stopped.lines.length;
    const heir = await watch(peer, { topic, sessionTimeoutMs });
    await holds(heir, 2);
    await lastEpoch(heir)!.commit([0, 1].map((partition) => ({ partition, offset: 7, metadata: 'heir' })));
    stopped.child.kill('SIGCONT');
    await until('it tried', () => stopped.lines.some((line) => line.kind === 'LATE_COMMIT'));
    const late = stopped.lines.slice(said).filter((line) => line.kind === 'EFFECT' && line.generation === 1);
    assert.deepEqual(late, []);
    assert.deepEqual(
      stopped.lines.filter((line) => line.kind === 'LATE_COMMIT'),
      [{ kind: 'LATE_COMMIT', result: 'EPOCH_ENDED' }],
    );
    for (const { position } of await peer.log.lag(topic, group))
      assert.deepEqual(position, { offset: 7, metadata: 'heir' });
    await until('it is told', () => stopped.lines.some((line) => line.kind === 'REVOKED' && line.reason === 'LOST'));
    await until('it comes back', () => stopped.lines.some((line) => line.kind === 'ASSIGNED' && line.generation > 1));
  });

  test('a process that was killed and starts again makes its dead member leave: nobody waits for a session', async () => {
    const stateFolder = mkdtempSync(join(tmpdir(), 'sendpool-state-'));
    try {
      await using peer = await connectPeer(address);
      const topic = await makeTopic(peer, { partitions: 2 });
      const options = { url: urlOf(address), topic, group: groupOf(topic), sessionTimeoutMs: 60_000 };
      await using killed = startMember({ ...options, stateFolder });
      await until('it is in the group', () => isAssigned(killed), 30_000);
      killed.child.kill('SIGKILL');
      await killed.ended;
      const began = performance.now();
      await using next = startMember({ ...options, stateFolder });
      await until('it is in the group again', () => isAssigned(next), 30_000);
      assert.ok(performance.now() - began < 30_000, 'far below the session time-out');
    } finally {
      rmSync(stateFolder, { recursive: true });
    }
  });

  test('a position beyond the end of the log is an alarm: nothing of that partition is delivered, nothing is written, others go on', async () => {
    await using peer = await connectPeer(address);
    const topic = await makeTopic(peer, { partitions: 2 });
    await peer.log.publish(topic, [...numbered(0, 'a', 5), ...numbered(1, 'b', 5)]);
    const first = await watch(peer, {
      topic,
      onAssigned: async () =>
        new Map([
          [0, 5],
          [1, 5],
        ]),
    });
    await holds(first, 2);
    await lastEpoch(first)!.commit([{ partition: 0, offset: 100, metadata: 'ledger' }]);
    await first.consumer.close();
    const faults: unknown[] = [];
    const second = await watch(peer, { topic, onError: (error) => faults.push(error) });
    await until('the other partition is read', () => second.records.length === 5);
    await until('the fault is told', () => faults.length > 0);
    await peer.log.publish(topic, [...numbered(0, 'c', 200), ...numbered(1, 'd', 1)]);
    await until('the other partition goes on', () => second.records.length >= 6);
    await pause(300);
    assert.ok(
      second.records.every((one) => one.partition === 1),
      second.records.map(textOf).join(),
    );
    assert.ok(faults.every((fault) => isAppError(fault, 'LEDGER_LOST')) && faults.length === 1, String(faults));
    assert.equal(second.epochs.length, 1);
    assert.deepEqual((await peer.log.lag(topic, groupOf(topic)))[0]?.position, { offset: 100, metadata: 'ledger' });
  });

  test('a position before the first kept record begins there, and nothing is written', async () => {
    await using peer = await connectPeer(address);
    const topic = await makeTopic(peer, { partitions: 1 });
    await peer.log.publish(topic, numbered(0, 'n', 10));
    await peer.log.trim(topic, 0, 6);
    const member = await watch(peer, { topic });
    await until('the rest arrives', () => member.records.length === 4);
    assert.deepEqual(member.records.map(textOf), ['n6', 'n7', 'n8', 'n9']);
    assert.equal((await peer.log.lag(topic, groupOf(topic)))[0]?.position, undefined);
  });

  test('members of one group may read different topics; each topic is shared among its own readers', async () => {
    await using one = await connectPeer(address);
    await using two = await connectPeer(address);
    const [topic, other] = [await makeTopic(one, { partitions: 3 }), await makeTopic(one, { partitions: 2 })];
    const group = groupOf(topic);
    const first = await watch(one, { topic, group });
    const second = await watch(two, { topic: other, group });
    await until(
      'both have all of theirs',
      () => lastEpoch(first)?.partitions.length === 3 && lastEpoch(second)?.partitions.length === 2,
    );
    await two.log.publish(other, numbered(1, 'n', 3));
    await until('its records arrive', () => second.records.length === 3);
    assert.equal(first.records.length, 0);
  });

  test('a consumer that is closed while it waits to join does not wait, and leaves nothing behind', async () => {
    await using one = await connectPeer(address);
    await using two = await connectPeer(address);
    const topic = await makeTopic(one);
    const never = new Promise<void>(() => undefined);
    const slow = await watch(one, { topic, sessionTimeoutMs: 6000, drainMs: 1500, onRevoked: () => never });
    await holds(slow, 4);
    const waiting = await watch(two, { topic, sessionTimeoutMs: 6000 });
    await pause(200);
    const began = performance.now();
    await waiting.consumer.close();
    assert.ok(performance.now() - began < 1000);
    assert.equal(waiting.epochs.length, 0);
    await until(
      'the other one has all again',
      () => slow.epochs.length === 2 && lastEpoch(slow)!.partitions.length === 4,
    );
  });
});
