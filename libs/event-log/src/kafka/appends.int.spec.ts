/** Appending to a real broker over a link that loses and delays: nothing twice, nothing out of its order. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { newId, sleep } from '@sendpool/kernel';
import { createLink, type Link } from '../conformance/index.ts';
import type { EventLog, NewRecord, TopicSpec } from '../port.ts';
import { createClient } from './client.ts';
import { createKafkaEventLog } from './event-log.ts';

const address = process.env['SENDPOOL_TEST_KAFKA'];
const skip = address === undefined && (process.env['SENDPOOL_NO_KAFKA'] ?? 'SENDPOOL_TEST_KAFKA is not set');
const [host = '', port = ''] = (address ?? '').split(',')[0]!.split(':');

type Process = AsyncDisposable & { log: EventLog; link: Link };

const connect = async (): Promise<Process> => {
  const link = await createLink({ host, port: Number(port) });
  const log = await createKafkaEventLog({
    url: `kafka://${host}:${port}?replication=1&minInsync=1`,
    applicationName: 'appends spec',
    route: () => ({ host: '127.0.0.1', port: link.port }),
    onWarning: () => undefined,
  });
  const close = async (): Promise<void> => {
    link.restore();
    await log.close();
    await link.close();
  };
  return { log, link, [Symbol.asyncDispose]: close };
};

const makeTopic = async (log: EventLog, spec: Partial<TopicSpec> = {}): Promise<string> => {
  const name = `appends-${newId()}`;
  await log.ensureTopics([{ name, partitions: 2, cleanup: 'DELETED', retentionMs: 0, ...spec }]);
  return name;
};

const record = (value: string, partition = 0): NewRecord => ({ partition, key: null, value });

const keyed = (key: string, value: string): NewRecord => ({ partition: 0, key, value });

const valuesIn = async (log: EventLog, topic: string, partition = 0): Promise<string[]> =>
  (await log.read(topic, partition, 0, 100_000)).map(({ value }) => value.toString());

describe('appending to Kafka', { skip, concurrency: 4 }, () => {
  test('records whose answer was lost lie in the log once', async () => {
    await using peer = await connect();
    const topic = await makeTopic(peer.log);
    await peer.log.publish(topic, [record('before'), record('before', 1)]);
    peer.link.loseAnswerTo('unanswered');
    const publishing = peer.log.publish(topic, [record('unanswered'), record('beside', 1)]);
    await sleep(300);
    // The appender gives up on the connection and sends the same again over a new one.
    peer.link.cut();
    peer.link.restore();
    await publishing;
    await peer.log.publish(topic, [record('after'), record('after', 1)]);
    assert.deepEqual(await valuesIn(peer.log, topic), ['before', 'unanswered', 'after']);
    assert.deepEqual(await valuesIn(peer.log, topic, 1), ['before', 'beside', 'after']);
  });

  test('a request that arrives late, after the same was sent again and more behind it, changes nothing', async () => {
    await using peer = await connect();
    const topic = await makeTopic(peer.log);
    await peer.log.publish(topic, [record('before')]);
    peer.link.holdRequest('dawdling');
    const publishing = peer.log.publish(topic, [record('dawdling')]);
    await sleep(300);
    // The relay keeps what it holds, although the sender has gone.
    peer.link.hangUp();
    await publishing;
    await peer.log.publish(topic, [record('after')]);
    peer.link.release();
    await sleep(300);
    await peer.log.publish(topic, [record('last')]);
    assert.deepEqual(await valuesIn(peer.log, topic), ['before', 'dawdling', 'after', 'last']);
  });

  test('many megabytes in one call lie in their order, and a single record may be large', async () => {
    await using peer = await connect();
    const topic = await makeTopic(peer.log);
    const records = Array.from({ length: 9000 }, (_, n) => record(`${n}:${'x'.repeat(1000)}`, n % 2));
    await Promise.all([
      peer.log.publish(topic, records),
      peer.log.publish(topic, [record(`big:${'€'.repeat(2_000_000)}`)]),
    ]);
    const even = (await valuesIn(peer.log, topic)).map((value) => value.split(':', 1)[0]);
    assert.deepEqual(even, [...Array.from({ length: 4500 }, (_, n) => String(2 * n)), 'big']);
    assert.equal((await peer.log.bounds(topic))[1]!.next, 4500);
  });

  test('a record that no broker takes is refused, and those of other callers are not', async () => {
    await using peer = await connect();
    const topic = await makeTopic(peer.log);
    await assert.rejects(peer.log.publish(topic, [record('x'.repeat(9_000_000))]), { code: 'BAD_INPUT' });
    await peer.log.publish(topic, [record('small')]);
    assert.deepEqual(await valuesIn(peer.log, topic), ['small']);
  });
});

describe('a compacted topic on Kafka', { skip }, () => {
  test(
    'compaction leaves the newest record of each key, and a follower is caught up over its gaps',
    { timeout: 60_000 },
    async () => {
      await using peer = await connect();
      const topic = await makeTopic(peer.log, { partitions: 1, cleanup: 'COMPACTED' });
      const client = createClient({ applicationName: 'appends spec', bootstrap: [{ host, port: Number(port) }] });
      const settings = [
        { name: 'segment.ms', value: '100' },
        { name: 'min.cleanable.dirty.ratio', value: '0.001' },
        { name: 'max.compaction.lag.ms', value: '100' },
      ];
      await (await client.openCluster().controller()).request('AlterTopicSettings', { topic, settings });
      client.close();
      for (let n = 0; n < 20; n++) await peer.log.publish(topic, [keyed('a', `a${n}`), keyed('b', `b${n}`)]);
      const deadline = performance.now() + 45_000;
      while ((await peer.log.read(topic, 0, 0, 100)).length > 6) {
        assert.ok(performance.now() < deadline, 'compaction has come');
        await sleep(200);
        await peer.log.publish(topic, [keyed('c', 'tick')]);
      }
      const seen = new Map<string, string>();
      const follower = await peer.log.follow(topic, ({ key, value }) => void seen.set(key!, value.toString()));
      await follower.caughtUp;
      assert.deepEqual(
        seen,
        new Map([
          ['a', 'a19'],
          ['b', 'b19'],
          ['c', 'tick'],
        ]),
      );
    },
  );
});
