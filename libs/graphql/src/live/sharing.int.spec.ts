/** What live streams share, and that each client keeps its own pace: who is slow holds up nobody. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { sleep } from '@sendpool/kernel';
import { openSocket, openStream } from './open.fixture.ts';
import { startScene, until, type Scene } from './scene.fixture.ts';
import { state } from './websocket.fixture.ts';

const eventsIn = (text: string): number[] => [...text.matchAll(/"n":(\d+)/g)].map(([, n]) => Number(n));
const upTo = (number: number): number[] => Array.from({ length: number }, (_, n) => n);

describe('live streams', () => {
  let scene: Scene;
  before(async () => {
    scene = await startScene();
  });
  after(() => scene.stop());
  const listeners = (number: number): Promise<void> =>
    until(() => scene.hub.now() === number, `${number} listeners, not ${scene.hub.now()}`);

  it('are one in the service for all of one role who ask for the same, and another for another role', async () => {
    const before = scene.hub.ever();
    const query = 'subscription { state { n pool { name } } }';
    const sockets = await Promise.all(['reader', 'reader', 'reader-2', 'admin'].map((key) => openSocket(scene, key)));
    for (const socket of sockets) socket.subscribe('1', query);
    const stream = openStream(scene, query);
    await listeners(2);
    const asked = scene.poolsAsked.length;
    scene.hub.publish({ n: 1, text: '', pool: { id: 'shared' } });
    await Promise.all([...sockets, stream].map((one) => one.has('"n":1')));
    assert.equal(scene.hub.ever() - before, 2);
    assert.equal(scene.poolsAsked.length - asked, 2, 'one execution for each role');
    sockets[0]!.socket.terminate();
    scene.hub.publish({ n: 2, text: '', pool: { id: 'shared' } });
    await Promise.all([...sockets.slice(1), stream].map((one) => one.has('"n":2')));
    for (const { socket } of sockets) socket.terminate();
    stream.socket.destroy();
    await listeners(0);
  });

  it('are not shared by those who ask for something else, or from a cursor', async () => {
    const socket = await openSocket(scene);
    const cursor = 'subscription { pages(after: "c1") { n } }';
    [state, 'subscription { state { n text } }', cursor, cursor].forEach((query, id) =>
      socket.subscribe(String(id), query),
    );
    await listeners(4);
    socket.socket.terminate();
    await listeners(0);
  });

  it('tell whoever comes later the last state at once, but no event of before', async () => {
    const [first, second] = await Promise.all([openSocket(scene), openSocket(scene)]);
    first.subscribe('s', state);
    first.subscribe('p', 'subscription { pages { n } }');
    await listeners(2);
    scene.hub.publish({ n: 5, text: '' });
    await first.has('{"id":"p","type":"next","payload":{"data":{"pages":{"n":5}}}}');
    second.subscribe('s', state);
    second.subscribe('p', 'subscription { pages { n } }');
    await second.has('{"id":"s","type":"next","payload":{"data":{"state":{"n":5}}}}');
    await sleep(100);
    assert.ok(!second.text().includes('"pages"'), second.text());
    for (const { socket } of [first, second]) socket.terminate();
    await listeners(0);
  });

  const flood = async (number: number): Promise<void> => {
    const text = 'x'.repeat(40_000);
    for (let n = 0; n < number; n += 1) {
      scene.hub.publish({ n, text });
      await sleep(1);
    }
  };

  it('end with SLOW_CONSUMER for a client that does not keep up, and go on for the others', async () => {
    const query = 'subscription { state { n text } }';
    const [slow, fast] = await Promise.all([openSocket(scene), openSocket(scene)]);
    slow.subscribe('1', query);
    fast.subscribe('1', query);
    const stalled = openStream(scene, query);
    await listeners(1);
    scene.hub.publish({ n: 0, text: '' });
    await Promise.all([slow, fast, stalled].map((one) => one.has('"n":0')));
    for (const socket of [slow.socket, stalled.socket]) socket.pause();
    await flood(1000);
    await until(() => eventsIn(fast.text()).length === 1001, 'all events for who reads');
    for (const socket of [slow.socket, stalled.socket]) socket.resume();
    await Promise.all([slow, stalled].map((one) => one.has('"code":"SLOW_CONSUMER"')));
    for (const one of [slow, stalled]) {
      const [first, ...got] = eventsIn(one.text());
      assert.equal(first, 0);
      assert.deepEqual(got, upTo(got.length), 'no gap before the end');
      assert.ok(got.length < 1000);
    }
    for (const socket of [slow.socket, fast.socket]) socket.terminate();
    stalled.socket.destroy();
    await listeners(0);
  });

  it('go as fast as the client reads when they are its own, and lose nothing', async () => {
    const query = `subscription { texts(count: 1000, text: "${'x'.repeat(40_000)}", after: "c0") { n text } }`;
    const stream = openStream(scene, query);
    await stream.has('"n":3,');
    stream.socket.pause();
    await sleep(500);
    stream.socket.resume();
    await stream.has('event: complete');
    assert.deepEqual(eventsIn(stream.text()), upTo(1000));
    stream.socket.destroy();
  });
});
