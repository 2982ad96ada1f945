/** Appending and reading: order, offsets, bounds, trim, retention. */
import assert from 'node:assert/strict';
import { isAppError } from '@sendpool/kernel';
import type { StoredRecord } from '../port.ts';
import type { Check, Peer } from './harness.ts';
import { makeTopic, numbered, pause, record, textOf, until } from './probe.ts';

const readAll = async ({ log }: Peer, topic: string, partition: number): Promise<StoredRecord[]> => {
  const records: StoredRecord[] = [];
  for (;;) {
    const next = await log.read(topic, partition, (records.at(-1)?.offset ?? -1) + 1, 70);
    if (next.length === 0) return records;
    records.push(...next);
  }
};

const inOrder = (records: readonly StoredRecord[], prefix: string): number[] =>
  records.map(textOf).flatMap((text) => (text.startsWith(prefix) ? [Number(text.slice(prefix.length))] : []));

const times = (records: readonly StoredRecord[]): number[] => records.map(({ at }) => at);

export const logCases = (check: Check): void => {
  check(
    'records that two processes publish without waiting lie dense, whole, and in the order of each process',
    async (connect) => {
      const peers = [await connect('writer-a'), await connect('writer-b')];
      const topic = await makeTopic(peers[0]!);
      const calls = peers.flatMap((peer, who) =>
        Array.from({ length: 60 }, (_, call) =>
          peer.log.publish(
            topic,
            [0, 1, 2].flatMap((partition) => [0, 1, 2].map((one) => record(partition, `${who}:${call * 3 + one}`))),
          ),
        ),
      );
      await Promise.all(calls);
      for (const partition of [0, 1, 2]) {
        const records = await readAll(peers[0]!, topic, partition);
        assert.deepEqual(
          records.map((one) => one.offset),
          Array.from({ length: 360 }, (_, offset) => offset),
        );
        for (const who of ['0:', '1:'])
          assert.deepEqual(
            inOrder(records, who),
            Array.from({ length: 180 }, (_, n) => n),
          );
      }
    },
  );

  check('keys, empty values and text beyond ASCII come back as they were given', async (connect) => {
    const peer = await connect('writer');
    const topic = await makeTopic(peer);
    const given = [
      record(0, 'größe €😀', 'schlüssel'),
      record(0, ''),
      record(0, 'x'.repeat(300_000), ''),
      record(0, 'last', null),
    ];
    await peer.log.publish(topic, given);
    const stored = await readAll(peer, topic, 0);
    assert.deepEqual(
      stored.map((one) => record(0, textOf(one), one.key)),
      given,
    );
    assert.ok(stored.every((one) => Math.abs(one.at - Date.now()) < 60_000));
  });

  check('a read begins at its offset, also inside a batch, and gives at most what was asked for', async (connect) => {
    const peer = await connect('reader');
    const topic = await makeTopic(peer);
    for (const prefix of ['a', 'b']) await peer.log.publish(topic, numbered(1, prefix, 10));
    const values = async (offset: number, max: number): Promise<string[]> =>
      (await peer.log.read(topic, 1, offset, max)).map(textOf);
    assert.deepEqual(await values(8, 4), ['a8', 'a9', 'b0', 'b1']);
    assert.deepEqual(await values(19, 100), ['b9']);
    assert.deepEqual(await values(20, 100), []);
    assert.deepEqual(await peer.log.read(topic, 0, 0, 10), []);
  });

  check('what was trimmed is no longer read, and bounds say where the log begins and ends', async (connect) => {
    const peer = await connect('trimmer');
    const topic = await makeTopic(peer, { partitions: 2 });
    await peer.log.publish(topic, numbered(0, 'a', 10));
    await peer.log.publish(topic, numbered(0, 'b', 10));
    await peer.log.trim(topic, 0, 13);
    assert.equal((await peer.log.read(topic, 0, 0, 1)).map(textOf).join(), 'b3');
    assert.deepEqual(await peer.log.bounds(topic), [
      { partition: 0, first: 13, next: 20 },
      { partition: 1, first: 0, next: 0 },
    ]);
    await peer.log.trim(topic, 0, 5);
    assert.equal((await peer.log.bounds(topic))[0]?.first, 13);
  });

  check(
    'records older than their topic keeps are dropped, those of a topic that keeps all are not',
    async (connect) => {
      const peer = await connect('retention');
      const [short, long] = [await makeTopic(peer, { retentionMs: 300 }), await makeTopic(peer)];
      for (const topic of [short, long]) await peer.log.publish(topic, numbered(2, 'old', 5));
      await until('the old records are dropped', async () => (await peer.log.bounds(short))[2]?.first === 5);
      assert.deepEqual(await peer.log.read(short, 2, 0, 10), []);
      await peer.log.publish(short, [record(2, 'new')]);
      assert.deepEqual(
        (await peer.log.read(short, 2, 0, 10)).map((one) => [one.offset, textOf(one)]),
        [[5, 'new']],
      );
      assert.equal((await peer.log.read(long, 2, 0, 10)).length, 5);
    },
  );

  check('topics are made once by several processes at once, may grow, and never shrink', async (connect) => {
    const peers = await Promise.all(['one', 'two', 'three'].map(connect));
    const name = `grown-${process.pid}`;
    const ensure = (peer: Peer, partitions: number): Promise<void> =>
      peer.log.ensureTopics([{ name, partitions, cleanup: 'DELETED', retentionMs: 0 }]);
    await Promise.all(peers.map((peer) => ensure(peer, 2)));
    await peers[0]!.log.publish(name, [record(1, 'before')]);
    await ensure(peers[1]!, 5);
    await ensure(peers[2]!, 3);
    await peers[0]!.log.publish(name, [record(4, 'after')]);
    assert.deepEqual(
      (await peers[1]!.log.bounds(name)).map((one) => one.next),
      [0, 1, 0, 0, 1],
    );
  });

  check(
    'the time of a record stays the same for every reader, and tells it from one that came to its offset in another topic',
    async (connect) => {
      const [peer, other] = [await connect('writer'), await connect('reader')];
      const [topic, later] = [await makeTopic(peer, { partitions: 1 }), await makeTopic(peer, { partitions: 1 })];
      await peer.log.publish(topic, numbered(0, 'a', 3));
      await peer.log.publish(topic, numbered(0, 'b', 3));
      await pause(20);
      await peer.log.publish(later, numbered(0, 'a', 6));
      const written = times(await readAll(peer, topic, 0));
      const singly: number[] = [];
      for (let offset = 0; offset < 6; offset++) singly.push(...times(await other.log.read(topic, 0, offset, 1)));
      assert.deepEqual(singly, written);
      const tailed: StoredRecord[] = [];
      await other.log.tail({ topic, from: new Map(), onRecords: (records) => void tailed.push(...records) });
      await until('the tail has them', () => tailed.length === 6);
      assert.deepEqual(times(tailed), written);
      assert.ok((await readAll(peer, later, 0)).every(({ at }) => at > Math.max(...written)));
    },
  );

  check('a topic or partition that is not there is a clear fault', async (connect) => {
    const peer = await connect('mistaken');
    const topic = await makeTopic(peer, { partitions: 2 });
    await assert.rejects(peer.log.publish('no-such-topic', [record(0, 'x')]), (error) =>
      isAppError(error, 'NOT_FOUND'),
    );
    await assert.rejects(peer.log.publish(topic, [record(0, 'x'), record(2, 'x')]), (error) =>
      isAppError(error, 'BAD_INPUT'),
    );
    assert.deepEqual(await peer.log.read(topic, 0, 0, 10), []);
  });

  check('a publish outlives a lost connection, and nothing is lost or reordered', async (connect) => {
    const peer = await connect('unlucky');
    const topic = await makeTopic(peer);
    let published = 0;
    const writing = (async (): Promise<void> => {
      for (; published < 200; published++) await peer.log.publish(topic, [record(0, `n${published}`)]);
    })();
    for (const after of [30, 90, 150]) {
      await until('some are published', () => published > after);
      peer.link.cut();
      peer.link.restore();
    }
    await writing;
    // A repeated append may double a record, right behind itself.
    const seen = inOrder(await readAll(peer, topic, 0), 'n').filter((n, index, all) => n !== all[index - 1]);
    assert.deepEqual(
      seen,
      Array.from({ length: 200 }, (_, n) => n),
    );
  });
};
