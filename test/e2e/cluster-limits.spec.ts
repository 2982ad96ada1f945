/** Declared limits of a server while senders come, go and are killed: what the server itself sees of rate and connections. */
import assert from 'node:assert/strict';
import { after, before, describe, it, type TestContext } from 'node:test';
import { defaultLanes } from '@sendpool/contracts';
import { sleep } from '@sendpool/kernel';
import { clusterOf, startWatchedSink, type WatchedSink } from './cluster-scene.ts';
import { command, endStage, hasSent, setStage, waitUntil, type Stage } from './stage.ts';

const messagesPerSecond = 50;
const recipients = 20_000;

const mostSenders = 4;
/** Conversations may begin so much faster than the rate for a time, after the server or a sender stood still. */
const catchUp = 1.1;
/** The server looks at its clock when it gets to it. */
const lateSeconds = 0.2;

const allowedIn = (seconds: number): number => catchUp * messagesPerSecond * (seconds + lateSeconds) + mostSenders;

/** The most of `times` that lie in one window of `ms`. */
const mostIn = (times: readonly number[], ms: number): number => {
  let most = 0;
  let from = 0;
  for (const [index, at] of times.entries()) {
    while (times[from]! <= at - ms) from++;
    most = Math.max(most, index - from + 1);
  }
  return most;
};

const secondsOf = (ms: number): string => (ms / 1000).toFixed(1);

type Limited = { readonly name: string; readonly maxConnections: number; readonly mostConnections: number };

/** A slot for every lane, and fewer slots than senders: those who own none of them have one connection all the same. */
const servers: readonly Limited[] = [
  { name: 'wide', maxConnections: defaultLanes, mostConnections: defaultLanes },
  { name: 'narrow', maxConnections: 3, mostConnections: 3 + mostSenders - 1 },
];

const checkRate = (t: TestContext, { name }: Limited, times: readonly number[]): void => {
  for (const seconds of [1, 5, 10]) {
    const most = mostIn(times, 1000 * seconds);
    t.diagnostic(`${name}: at most ${most} conversations began in ${seconds} s`);
    assert.ok(most <= allowedIn(seconds), `${most} in ${seconds} s, not ${allowedIn(seconds)}`);
  }
  const mean = (1000 * times.length) / (times.at(-1)! - times[0]!);
  t.diagnostic(`${name}: ${mean.toFixed(1)} a second on the whole`);
  // The lanes of the killed sender stood still until they were taken over.
  assert.ok(mean > 0.7 * messagesPerSecond && mean < 1.02 * messagesPerSecond);
};

const checkConnections = (t: TestContext, server: Limited, { opened }: WatchedSink): void => {
  const rises = opened.filter(
    ({ open }, index) => open > Math.max(0, ...opened.slice(0, index).map((one) => one.open)),
  );
  const told = rises.map(({ at, open }) => `${open} after ${secondsOf(at - opened[0]!.at)} s`).join(', ');
  t.diagnostic(`${server.name}: connections ${told}`);
  assert.ok(rises.at(-1)!.open <= server.mostConnections, told);
};

describe('limits in a cluster', () => {
  let watched: WatchedSink[];
  let stage: Stage;

  before(async () => {
    watched = await Promise.all(servers.map(() => startWatchedSink({ delayMs: 20, keepReceived: false })));
    const targets = servers.map(({ name, maxConnections }, index) => ({
      name,
      port: watched[index]!.sink.port,
      weight: 1,
      maxConnections,
      messagesPerSecond,
    }));
    stage = await setStage({ targets, recipients, shape: clusterOf({ sender: 3 }) });
    await command(stage, 'startCampaign');
    await waitUntil(stage, hasSent(0.001));
  });

  after(async () => {
    await endStage(stage);
    for (const { sink } of watched) await sink.stop();
  });

  it('hold while one sender comes, one is killed, and one leaves', async (t) => {
    const { processes } = stage.system;
    await sleep(5000);
    const added = await processes.add('sender');
    await sleep(5000);
    processes.kill('sender-1', { awayMs: 3_600_000 });
    await sleep(20_000);
    await processes.remove(added);
    await sleep(5000);
    for (const [index, server] of servers.entries()) {
      const times = watched[index]!.conversations.map(({ at }) => at);
      checkRate(t, server, times);
      checkConnections(t, server, watched[index]!);
    }
  });
});
