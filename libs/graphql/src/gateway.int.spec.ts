/** The gateway over two real subgraphs on HTTP: how it joins them, and what happens when one fails. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import {
  ask,
  headers,
  send,
  startNumbers,
  startOver,
  startTwoServices,
  type TwoServices,
} from './two-services.fixture.ts';

describe('the gateway over its services', () => {
  let scene: TwoServices;
  before(async () => {
    scene = await startTwoServices();
  });
  after(() => scene.stop());

  it('joins a list over two services with one call to each', async () => {
    const before = [scene.pools.calls.length, scene.numbers.calls.length];
    const { data } = await ask(scene.gateway.url, '{ pools { id name rate } }');
    assert.deepEqual((data?.['pools'] as object[] | undefined)?.[0], { id: 'ok', name: 'pool ok', rate: 0.5 });
    assert.deepEqual([scene.pools.calls.length - before[0]!, scene.numbers.calls.length - before[1]!], [1, 1]);
  });

  it('tells the services who asks, and never the key', async () => {
    assert.equal((await ask(scene.gateway.url, '{ whoAmI }')).data?.['whoAmI'], 'reader READER');
    assert.equal((await ask(scene.gateway.url, '{ whoAmI }', 'Bearer admin')).data?.['whoAmI'], 'admin ADMIN');
    assert.ok(scene.pools.calls.every((authorization) => authorization === undefined));
  });

  it('passes a refusal of a service on with its code', async () => {
    const { errors } = await ask(scene.gateway.url, '{ administer }');
    assert.deepEqual(
      errors?.map(({ path, extensions }) => [path, extensions['code']]),
      [[['administer'], 'FORBIDDEN']],
    );
    assert.equal(
      (await ask(scene.gateway.url, 'mutation { rename(id: "x") { id } }')).errors?.[0]?.extensions['code'],
      'FORBIDDEN',
    );
  });

  it('reports the failure of a batched join at its own place', async () => {
    const { data, errors } = await ask(
      scene.gateway.url,
      '{ ok: pool(id: "ok") { rate } bad: pool(id: "bad") { rate } }',
    );
    assert.deepEqual(data, { ok: { rate: 0.5 }, bad: { rate: null } });
    assert.deepEqual(
      errors?.map(({ path, message }) => ({ path, message })),
      [{ path: ['bad', 'rate'], message: 'no numbers for bad' }],
    );
    const list = await ask(scene.gateway.url, '{ pools { rate } }');
    assert.deepEqual(
      list.errors?.map(({ path }) => path),
      [['pools', 1, 'rate']],
    );
  });

  it('hides what a bug in a service says', async () => {
    const { text, errors } = await ask(scene.gateway.url, '{ bug }');
    assert.ok(!text.includes('hunter2') && !text.includes('10.0.0.7'), text);
    assert.deepEqual(errors?.[0]?.extensions, { code: 'INTERNAL', requestId: 'request-7' });
  });

  it('does not blame the key of a client when a service refuses the signature of the gateway', async () => {
    const stranger = await startNumbers({ actorOf: () => undefined });
    const half = await startOver(scene.pools, stranger);
    const { status, data, errors } = await ask(half.url, '{ whoAmI lag }');
    assert.deepEqual([status, data], [200, { whoAmI: 'reader READER', lag: null }]);
    assert.deepEqual(errors?.[0]?.extensions['code'], 'UNAVAILABLE');
    await half.stop();
    await stranger.stop();
  });

  it('hands a DateTime on as it came, in a variable and in the document', async () => {
    const at = '2026-11-24T12:30:00+02:00';
    const body = JSON.stringify({
      query: `query ($at: DateTime) { a: day(at: $at) b: day(at: "${at}") }`,
      variables: { at },
    });
    const { data } = await send(scene.gateway.url, { headers, body });
    assert.deepEqual(data, { a: '2026-11-24T10:30:00.000Z', b: '2026-11-24T10:30:00.000Z' });
  });

  it('stops the work in the services when the client goes away', async () => {
    const controller = new AbortController();
    const body = JSON.stringify({ query: '{ pool(id: "ok") { slow } }' });
    const request = fetch(scene.gateway.url, { method: 'POST', headers, body, signal: controller.signal });
    await scene.reached;
    controller.abort();
    await assert.rejects(request);
    await scene.givenUp;
  });

  it('answers what it can when a service is down, and tells no host or port', async () => {
    const gone = await startNumbers();
    await gone.stop();
    const half = await startOver(scene.pools, gone);
    const { data, errors, text } = await ask(half.url, '{ pools { name rate } lag }');
    assert.deepEqual(data?.['lag'], null);
    assert.deepEqual((data?.['pools'] as object[] | undefined)?.[2], { name: 'pool good', rate: null });
    assert.ok(errors !== undefined && errors.every(({ extensions }) => extensions['code'] === 'UNAVAILABLE'), text);
    assert.ok(!text.includes('127.0.0.1') && !text.includes('ECONN') && !text.includes(new URL(gone.url).port), text);
    await half.stop();
  });
});
