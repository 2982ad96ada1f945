/** GraphQL over server-sent events, distinct connections mode (PROTOCOL.md of graphql-sse), with plain HTTP. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { startScene, until, type Scene } from './scene.fixture.ts';

const state = 'subscription { state { n } }';

describe('the protocol of server-sent events', () => {
  let scene: Scene;
  before(async () => {
    scene = await startScene({ live: { connectionsPerKey: 2 } });
  });
  after(() => scene.stop());

  type Change = { path?: string; headers?: Record<string, string>; body?: string; signal?: AbortSignal };
  const post = (query: string, { path = '/stream', headers, body, signal }: Change = {}): Promise<Response> =>
    fetch(`${scene.gateway.url}${path}`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        accept: 'text/event-stream',
        authorization: 'Bearer reader',
        ...headers,
      },
      body: body ?? JSON.stringify({ query }),
      signal: signal ?? null,
    });
  const isQuiet = (): Promise<void> => until(() => scene.hub.now() === 0, 'no listener');

  it('sends next for each event, and complete with an empty data field at the end', async () => {
    for (const path of ['/stream', '']) {
      const res = await post(state, { path });
      await until(() => scene.hub.now() === 1, 'a listener');
      scene.hub.publish({ n: 1, text: '' });
      scene.hub.publish({ n: 2, text: '' });
      scene.hub.finish();
      assert.deepEqual(
        [res.status, res.headers.get('content-type'), res.headers.get('cache-control')],
        [200, 'text/event-stream; charset=utf-8', 'no-store'],
      );
      assert.equal(
        await res.text(),
        ':\n\n' +
          'event: next\ndata: {"data":{"state":{"n":1}}}\n\n' +
          'event: next\ndata: {"data":{"state":{"n":2}}}\n\n' +
          'event: complete\ndata: \n\n',
      );
    }
  });

  it('sends the one result of a query, then complete', async () => {
    assert.equal(
      await (await post('{ listeners }')).text(),
      ':\n\nevent: next\ndata: {"data":{"listeners":0}}\n\nevent: complete\ndata: \n\n',
    );
  });

  const refusals: [string, string, string][] = [
    ['a document that cannot be read', '{', 'GRAPHQL_PARSE_FAILED'],
    ['a field that is not there', 'subscription { nothing }', 'GRAPHQL_VALIDATION_FAILED'],
    ['no document', '', 'BAD_REQUEST'],
    ['what the key may not see', 'subscription { secrets { n } }', 'FORBIDDEN'],
  ];
  for (const [name, query, code] of refusals)
    it(`answers ${name} with a next event and complete: a browser sees no body of a 400`, async () => {
      const res = await post(query);
      const [, next, complete, end] = (await res.text()).split('\n\n');
      assert.deepEqual([res.status, complete, end], [200, 'event: complete\ndata: ', '']);
      const { data, errors } = JSON.parse(next!.replace('event: next\ndata: ', ''));
      assert.deepEqual([data, errors.length, errors[0].extensions.code], [undefined, 1, code]);
    });

  it('refuses without a key, with a wrong one, and what a browser could send from elsewhere without asking', async () => {
    const status = async (headers: Record<string, string>): Promise<number> => {
      const res = await post(state, { headers });
      await res.body?.cancel();
      return res.status;
    };
    assert.equal(await status({ authorization: '' }), 401);
    assert.equal(await status({ authorization: 'Bearer wrong' }), 401);
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x'])
      assert.equal(await status({ 'content-type': type }), 415, type);
    assert.equal(await status({ accept: 'application/json' }), 406);
    assert.equal((await post(state, { body: '{' })).status, 400);
    assert.equal((await post(state, { body: ' '.repeat(1024 * 1024 + 1) })).status, 413);
    await isQuiet();
  });

  it('answers at once whoever names JSON first', async () => {
    const accept = 'application/graphql-response+json, application/json, text/event-stream';
    const res = await post('{ listeners }', { path: '', headers: { accept } });
    assert.deepEqual(await res.json(), { data: { listeners: 0 } });
  });

  it('ends the stream in the service when its client goes away', async () => {
    const controller = new AbortController();
    await post(state, { signal: controller.signal });
    await until(() => scene.hub.now() === 1, 'a listener');
    controller.abort();
    await isQuiet();
  });

  it('refuses the third stream of a key that may have two', async () => {
    const controller = new AbortController();
    const streams = await Promise.all([1, 2, 3].map(() => post(state, { signal: controller.signal })));
    assert.equal(streams.filter(({ status }) => status === 429).length, 1);
    assert.equal(streams.filter(({ status }) => status === 200).length, 2);
    controller.abort();
    await isQuiet();
    await until(() => scene.hub.now() === 0, 'no listener');
  });

  it('ends its streams at once when the gateway stops, with an error that says to come again', async () => {
    const own = await startScene();
    const res = await fetch(`${own.gateway.url}/stream`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'text/event-stream', authorization: 'Bearer reader' },
      body: JSON.stringify({ query: state }),
    });
    await until(() => own.hub.now() === 1, 'a listener');
    own.gateway.door.part.drain();
    const text = await res.text();
    assert.match(
      text,
      /event: next\ndata: \{"errors":\[\{"message":"[^"]+","extensions":\{"code":"UNAVAILABLE"\}\}\]\}\n\nevent: complete\ndata: \n\n$/,
    );
    await own.stop();
  });

  it('lets what ends by itself finish when the gateway stops', async () => {
    const own = await startScene();
    const answer = fetch(`${own.gateway.url}/stream`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'text/event-stream', authorization: 'Bearer reader' },
      body: JSON.stringify({ query: '{ slow }' }),
    });
    const res = await answer;
    own.gateway.door.part.drain();
    assert.match(await res.text(), /data: \{"data":\{"slow":"done"\}\}\n\nevent: complete/);
    await own.stop();
  });
});
