/** Compacted topics: the newest record of each key, then everything new. */
import assert from 'node:assert/strict';
import type { Check, Peer } from './harness.ts';
import { makeCompacted, makeTopic, pause, record, textOf, until } from './probe.ts';

type Seen = Map<string, number[]>;

const note =
  (seen: Seen) =>
  (stored: Parameters<Parameters<Peer['log']['follow']>[1]>[0]): void => {
    seen.set(stored.key!, [...(seen.get(stored.key!) ?? []), Number(textOf(stored))]);
  };

export const compactedCases = (check: Check): void => {
  check(
    'a follower gets the newest record of each key, is caught up, and then gets what others publish',
    async (connect) => {
      const [writer, reader] = [await connect('writer'), await connect('reader')];
      const topic = await makeCompacted(writer);
      await writer.log.publish(topic, [record(0, '1', 'a'), record(0, '1', 'b'), record(0, '2', 'a')]);
      await writer.log.publish(topic, [record(0, '3', 'a')]);
      const seen: Seen = new Map();
      const follower = await reader.log.follow(topic, note(seen));
      await follower.caughtUp;
      assert.deepEqual(
        new Map([...seen].map(([key, values]) => [key, values.at(-1)])),
        new Map([
          ['b', 1],
          ['a', 3],
        ]),
      );
      const began = performance.now();
      await writer.log.publish(topic, [record(0, '7', 'b')]);
      await until('the change arrives', () => seen.get('b')?.at(-1) === 7);
      assert.ok(performance.now() - began < 500, 'a change wakes the follower');
      await follower.close();
      await writer.log.publish(topic, [record(0, '8', 'b')]);
      await pause(100);
      assert.equal(seen.get('b')?.at(-1), 7, 'a closed follower gets nothing');
    },
  );

  check(
    'followers that start at any moment of a storm of changes miss no last word and see each key in order',
    async (connect) => {
      const [writer, other, reader] = [await connect('writer'), await connect('other'), await connect('reader')];
      const topic = await makeCompacted(writer);
      const storm = async (peer: Peer, keys: string): Promise<void> => {
        for (let n = 0; n < 60; n++)
          await peer.log.publish(
            topic,
            keys.split('').map((key) => record(0, String(n), key)),
          );
      };
      const storms = [storm(writer, 'abcde'), storm(other, 'vwxyz')];
      const views: Seen[] = [];
      for (let n = 0; n < 8; n++) {
        const seen: Seen = new Map();
        views.push(seen);
        const { caughtUp } = await reader.log.follow(topic, note(seen));
        await caughtUp;
        await pause(n * 7);
      }
      await Promise.all(storms);
      await until('all followers have the last words', () =>
        views.every((seen) => 'abcdevwxyz'.split('').every((key) => seen.get(key)?.at(-1) === 59)),
      );
      for (const seen of views)
        for (const values of seen.values())
          assert.deepEqual(
            values,
            values.toSorted((one, two) => one - two),
          );
    },
  );

  check('a record whose handler throws comes again, and nothing behind it comes first', async (connect) => {
    const peer = await connect('follower');
    const topic = await makeCompacted(peer);
    await peer.log.publish(topic, [record(0, '1', 'a'), record(0, '2', 'b')]);
    const calls: string[] = [];
    const follower = await peer.log.follow(topic, (stored) => {
      calls.push(stored.key!);
      if (calls.length === 1) throw new Error('not now');
    });
    await follower.caughtUp;
    assert.deepEqual(calls, ['a', 'a', 'b']);
  });

  check('a record without a key is refused, and a topic that is not compacted cannot be followed', async (connect) => {
    const peer = await connect('mistaken');
    const [compacted, plain] = [await makeCompacted(peer), await makeTopic(peer)];
    await assert.rejects(peer.log.publish(compacted, [record(0, 'x')]), { code: 'BAD_INPUT' });
    await assert.rejects(
      peer.log.follow(plain, () => undefined),
      { code: 'BAD_INPUT' },
    );
  });
};
