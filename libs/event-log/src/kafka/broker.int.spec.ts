/** Life with a broker that stops, is killed, or does not answer. It has a broker of its own, for it ends it. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { sleep } from '@sendpool/kernel';
import { startBroker, type Broker } from '../../../../tools/kafka/broker.ts';
import { whyNoBroker } from '../../../../tools/kafka/jars.ts';
import {
  commitBatch,
  groupOf,
  holds,
  lastEpoch,
  makeCompacted,
  makeTopic,
  record,
  textOf,
  until,
  watch,
} from '../conformance/probe.ts';
import type { ConsumeOptions } from '../port.ts';
import { connectPeer, type KafkaPeer } from './testing.ts';

type BrokerSignal = 'SIGTERM' | 'SIGKILL';
type Server = Broker & { restart(signal: BrokerSignal): Promise<void> };

const directory = mkdtempSync(join(tmpdir(), 'sendpool-broker-'));
let server: Server;

const launch = async (port?: number): Promise<void> => {
  const broker = await startBroker({ directory, ...(port !== undefined && { port }) });
  const restart = async (signal: BrokerSignal): Promise<void> => {
    process.kill(broker.pid, signal);
    await broker.ended;
    await launch(broker.port);
  };
  server = { ...broker, restart };
};

const until20 = (what: string, isTrue: () => boolean): Promise<void> => until(what, isTrue, 20_000);

/** Publishes numbers until it is stopped; the number of those that were acknowledged. */
const write = async ({ log }: KafkaPeer, topic: string, stop: AbortSignal): Promise<number> => {
  let n = 0;
  for (; !stop.aborted; n++) {
    await log.publish(topic, [record(n % 2, String(n))]);
    await sleep(5);
  }
  return n;
};

/** Values in the order in which they came first. */
const firsts = (values: readonly number[]): number[] => [...new Set(values)];

describe('with a broker that fails', { skip: whyNoBroker() ?? false }, () => {
  before(() => launch());
  after(async () => {
    await server.stop();
    rmSync(directory, { recursive: true });
  });

  for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
    test(`writers, groups and followers live through a restart by ${signal}: nothing acknowledged is lost, the order is kept`, async () => {
      await using writer = await connectPeer(server.bootstrap);
      await using reader = await connectPeer(server.bootstrap);
      const [topic, compacted] = [await makeTopic(writer, { partitions: 2 }), await makeCompacted(writer)];
      let latest = -1;
      await reader.log.follow(compacted, ({ value }) => {
        latest = Number(value.toString());
      });
      const seen: [number, number][] = [];
      // Noted before the commit: one that loses its answer may have been stored, and then its records do not come again.
      const onBatch: ConsumeOptions['onBatch'] = async (batch, epoch) => {
        for (const one of batch.records) seen.push([one.partition, Number(textOf(one))]);
        await commitBatch(batch, epoch);
      };
      await watch(reader, { topic, sessionTimeoutMs: 3000, onBatch });
      const stop = new AbortController();
      const writing = write(writer, topic, stop.signal);
      await until20('records flow', () => seen.length > 20);
      await server.restart(signal);
      const before = seen.length;
      await until20('records flow again', () => seen.length > before + 20);
      stop.abort();
      const written = await writing;
      await writer.log.publish(compacted, [record(0, '7', 'key')]);
      await until20('all have arrived', () => new Set(seen.map(([, n]) => n)).size >= written && latest === 7);
      for (const partition of [0, 1]) {
        const values = seen.filter(([place]) => place === partition).map(([, n]) => n);
        assert.deepEqual(
          firsts(values),
          Array.from({ length: Math.ceil((written - partition) / 2) }, (_, n) => 2 * n + partition),
        );
      }
      await until20('both are ready', () => writer.log.isReady() && reader.log.isReady());
    });
  }

  test('a member whose broker is back within half its session keeps its epoch, and commits go on in it', async () => {
    await using peer = await connectPeer(server.bootstrap);
    const topic = await makeTopic(peer, { partitions: 2 });
    const member = await watch(peer, { topic, sessionTimeoutMs: 60_000 });
    await holds(member, 2);
    const epoch = lastEpoch(member)!;
    await epoch.commit([{ partition: 0, offset: 1, metadata: 'before' }]);
    const restarted = server.restart('SIGTERM');
    await sleep(2000);
    // Nobody listens: it has not been sent, and may wait.
    const waiting = epoch.commit([{ partition: 0, offset: 2, metadata: 'during' }]);
    await Promise.all([restarted, waiting]);
    await epoch.commit([{ partition: 1, offset: 3, metadata: 'after' }]);
    assert.ok(epoch.isAlive());
    assert.equal(lastEpoch(member), epoch);
    const positions = (await peer.log.lag(topic, groupOf(topic))).map((one) => one.position?.metadata);
    assert.deepEqual(positions, ['during', 'after']);
  });

  test('a follower whose broker hangs closes within seconds, whatever it waits for', async () => {
    await using peer = await connectPeer(server.bootstrap);
    const topic = await makeCompacted(peer);
    const settled = await peer.log.follow(topic, () => undefined);
    await settled.caughtUp;
    const followers = [settled, await peer.log.follow(topic, () => undefined)];
    process.kill(server.pid, 'SIGSTOP');
    try {
      await sleep(3500);
      const began = performance.now();
      await Promise.all(followers.map((follower) => follower.close()));
      assert.ok(performance.now() - began < 5000);
    } finally {
      process.kill(server.pid, 'SIGCONT');
    }
  });

  test('a publish whose answer is lost is repeated: its records are there, behind nothing that came later', async () => {
    await using peer = await connectPeer(server.bootstrap);
    const topic = await makeTopic(peer, { partitions: 1 });
    peer.link.loseAnswerTo('number 5');
    await Promise.all(
      Array.from({ length: 12 }, async (_, n) => {
        await sleep(20 * n);
        await peer.log.publish(topic, [record(0, `number ${n}`)]);
      }),
    );
    const values = (await peer.log.read(topic, 0, 0, 100)).map((one) => Number(textOf(one).slice(7)));
    assert.deepEqual(
      firsts(values),
      Array.from({ length: 12 }, (_, n) => n),
    );
  });
});
