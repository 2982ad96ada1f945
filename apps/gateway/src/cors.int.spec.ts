/** Pages of other origins at the whole gateway: what a browser is told before and with their requests, on every path of the API. */
import assert from 'node:assert/strict';
import { request } from 'node:http';
import { after, before, describe, it } from 'node:test';
import { startScene, type Scene } from './scene.fixture.ts';

const app = 'https://app.example.com';
const id = '01932f6e-0000-7000-8000-000000000001';
const paths = [
  ['POST', '/graphql'],
  ['POST', '/graphql/stream'],
  ['POST', `/audiences/${id}/contacts`],
  ['GET', `/audiences/${id}/imports/${id}/errors.csv`],
  ['GET', `/campaigns/${id}/recipients.csv`],
] as const;
const strangers = ['https://app.example.com.evil.example', 'http://app.example.com', 'https://APP.example.com', 'null'];

/** A stream is sent to those alone who take one. */
const acceptOf = (path: string): string => (path.endsWith('/stream') ? 'text/event-stream' : '*/*');

type Answer = { status: number; headers: Record<string, unknown>; text: string };

/** Not by fetch, which would not send an origin of ours. */
const send = (scene: Scene, method: string, path: string, headers: Record<string, string>): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const asked = request(scene.origin + path, { method, headers }, (res) => {
      let text = '';
      res.on('data', (chunk: Buffer) => (text += chunk.toString()));
      res.on('end', () => resolve({ status: res.statusCode ?? 0, headers: res.headers, text }));
    });
    asked.on('error', reject).end();
  });

const corsOf = ({ headers }: Answer): string[] =>
  Object.keys(headers).filter((name) => name.startsWith('access-control-'));

describe('a page of another origin', () => {
  let scene: Scene;
  before(async () => {
    scene = await startScene({ ALLOWED_ORIGINS: `${app}, http://localhost:5173`, GRAPHIQL: 'true' });
  });
  after(() => scene.stop());

  for (const [method, path] of paths) {
    it(`of ALLOWED_ORIGINS may ask ${method} ${path}, with a key and without cookies`, async () => {
      const answer = await send(scene, 'OPTIONS', path, { origin: app, 'access-control-request-method': method });
      assert.equal(answer.status, 204);
      assert.equal(answer.headers['access-control-allow-origin'], app);
      assert.equal(answer.headers['vary'], 'Origin');
      assert.ok(String(answer.headers['access-control-allow-methods']).split(', ').includes(method));
      const allowed = String(answer.headers['access-control-allow-headers']).split(', ');
      for (const name of ['authorization', 'content-type', 'idempotency-key']) assert.ok(allowed.includes(name), name);
      assert.equal(answer.headers['access-control-max-age'], '600');
      assert.equal(answer.headers['access-control-allow-credentials'], undefined);
    });

    it(`of ALLOWED_ORIGINS may read the answer of ${method} ${path}, a refusal too`, async () => {
      const answer = await send(scene, method, path, { origin: 'http://localhost:5173', accept: acceptOf(path) });
      assert.equal(answer.status, 401);
      assert.equal(answer.headers['access-control-allow-origin'], 'http://localhost:5173');
      assert.match(String(answer.headers['access-control-expose-headers']), /x-request-id, retry-after, ratelimit/);
      assert.equal(answer.headers['vary'], 'Origin');
    });

    it(`of any other origin gets nothing at ${method} ${path}, and its preflight the name of the variable`, async () => {
      for (const origin of strangers) {
        const asked = await send(scene, 'OPTIONS', path, { origin, 'access-control-request-method': method });
        assert.deepEqual([asked.status, corsOf(asked), asked.headers['vary']], [403, [], 'Origin'], origin);
        assert.match(asked.text, /ALLOWED_ORIGINS/);
        const answer = await send(scene, method, path, { origin, accept: acceptOf(path) });
        assert.deepEqual([answer.status, corsOf(answer), answer.headers['vary']], [401, [], 'Origin'], origin);
      }
    });
  }

  it('reads whole answers and streams, with what is left of the budget', async () => {
    const body = JSON.stringify({ query: '{ __typename }' });
    for (const accept of ['application/json', 'text/event-stream']) {
      const headers = { origin: app, authorization: 'Bearer READER', 'content-type': 'application/json', accept };
      const answer = await fetch(scene.url, { method: 'POST', headers, body });
      assert.equal(answer.status, 200);
      assert.equal(answer.headers.get('access-control-allow-origin'), app);
      assert.match(await answer.text(), /"__typename":"Query"/);
    }
  });

  it('may not frame or read the page to try the API in', async () => {
    const answer = await send(scene, 'GET', '/graphiql', { origin: app });
    assert.deepEqual([answer.status, corsOf(answer)], [200, []]);
  });

  it('that may open no socket is told which variable would let it', async () => {
    const headers = {
      origin: 'https://evil.example',
      connection: 'Upgrade',
      upgrade: 'websocket',
      'sec-websocket-version': '13',
      'sec-websocket-key': Buffer.alloc(16).toString('base64'),
      'sec-websocket-protocol': 'graphql-transport-ws',
    };
    const answer = await send(scene, 'GET', '/graphql', headers);
    assert.equal(answer.status, 403);
    assert.match(answer.text, /^ALLOWED_ORIGINS does not name the origin of this page$/);
  });

  it('is let in nowhere while ALLOWED_ORIGINS is empty', async () => {
    const closed = await startScene();
    try {
      const asked = await send(closed, 'OPTIONS', '/graphql', { origin: app });
      assert.deepEqual([asked.status, corsOf(asked)], [405, []]);
      assert.deepEqual(corsOf(await send(closed, 'POST', '/graphql', { origin: app })), []);
    } finally {
      await closed.stop();
    }
  });
});

describe('the address of the API in a browser', () => {
  it('answers in the words of GraphQL what to do, and an empty request what is missing', async () => {
    const scene = await startScene({ GRAPHIQL: 'true' });
    try {
      for (const path of ['/graphql', '/graphql?query=%7B__typename%7D', '/graphql/stream']) {
        const answer = await send(scene, 'GET', path, {});
        assert.deepEqual([answer.status, answer.headers['allow']], [405, 'POST']);
        const { errors } = JSON.parse(answer.text) as { errors: { message: string; extensions: { code: string } }[] };
        assert.equal(errors[0]?.extensions.code, 'BAD_REQUEST');
        assert.match(errors[0].message, /as JSON by POST.*; one to try it in is at \/graphiql$/);
      }
      const headers = { authorization: 'Bearer READER', 'content-type': 'application/json' };
      const empty = await fetch(scene.url, { method: 'POST', headers, body: '{}' });
      const { errors } = (await empty.json()) as { errors: { message: string; extensions: object }[] };
      assert.equal(empty.status, 400);
      assert.equal(errors[0]?.message, '`query` is missing (or `documentId`)');
    } finally {
      await scene.stop();
    }
  });
});
