/** Live data through services, gateway and the reference clients of both protocols. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { createClient as createSseClient } from 'graphql-sse';
import { createClient as createWsClient } from 'graphql-ws';
import type { FormattedExecutionResult } from 'graphql';
import { WebSocket } from 'ws';
import { canary } from '../doors.fixture.ts';
import { startScene, until, type Scene } from './scene.fixture.ts';

type Client = {
  iterate(request: {
    query: string;
    variables?: Record<string, unknown>;
  }): AsyncIterableIterator<FormattedExecutionResult>;
  dispose(): void;
};

const transports: Record<string, (scene: Scene, key?: string) => Client> = {
  'server-sent events': ({ gateway }, key = 'reader') =>
    createSseClient({
      url: `${gateway.url}/stream`,
      headers: { authorization: `Bearer ${key}` },
      retryAttempts: 0,
    }) as Client,
  WebSocket: ({ gateway }, key = 'reader') =>
    createWsClient({
      url: gateway.url.replace('http', 'ws'),
      webSocketImpl: WebSocket,
      connectionParams: { authorization: `Bearer ${key}` },
      retryAttempts: 0,
    }) as unknown as Client,
};

for (const [transport, connect] of Object.entries(transports))
  describe(`live data over ${transport}`, () => {
    let scene: Scene;
    before(async () => {
      scene = await startScene();
    });
    after(() => scene.stop());

    const isListening = (): Promise<void> => until(() => scene.hub.now() > 0, 'the service has a listener');
    const isQuiet = (): Promise<void> => until(() => scene.hub.now() === 0, 'the service has no listener');

    it('joins each event over the services, freshly', async () => {
      const client = connect(scene);
      const results = client.iterate({ query: 'subscription { state { n pool { name } } }' });
      const names: unknown[] = [];
      const first = results.next();
      await isListening();
      for (const n of [1, 2, 3]) {
        const next = n === 1 ? first : results.next();
        scene.hub.publish({ n, text: '', pool: { id: 'a' } });
        names.push(((await next).value.data as { state: { pool: { name: string } } }).state.pool.name);
      }
      assert.equal(new Set(names).size, 3, String(names));
      await results.return?.();
      await isQuiet();
      client.dispose();
    });

    for (const [kind, after] of [
      ['shared', null],
      ['own', 'c0'],
    ] as const)
      it(`brings 200 events of 40 kB by a stream that is ${kind} unchanged, whatever their letters`, async () => {
        const client = connect(scene);
        const text = 'žluťoučký kůň 🐎 日本語 '.repeat(1200);
        const query =
          'subscription ($text: String!, $after: String) { texts(count: 200, text: $text, after: $after) { n text } }';
        let n = 0;
        for await (const { data } of client.iterate({ query, variables: { text, after } })) {
          assert.deepEqual((data as { texts: unknown }).texts, { n, text: `${n} ${text}` });
          n += 1;
        }
        assert.equal(n, 200);
        client.dispose();
      });

    it('hides what a source says that breaks, and ends the stream with an error', async () => {
      const client = connect(scene);
      const seen: unknown[] = [];
      const error: unknown = await (async () => {
        for await (const result of client.iterate({ query: 'subscription { broken { n } }' })) seen.push(result);
      })().catch((reason: unknown) => reason);
      const text = JSON.stringify([seen, error]);
      assert.match(text, /"broken":\{"n":1\}/);
      assert.match(text, /INTERNAL/);
      assert.ok(!text.includes('hunter2') && !text.includes(canary), text);
      client.dispose();
    });

    it('answers queries and mutations by the same rules', async () => {
      const client = connect(scene);
      const ask = async (query: string): Promise<string> => {
        const results: unknown[] = [];
        const error: unknown = await (async () => {
          for await (const result of client.iterate({ query })) results.push(result);
        })().catch((reason: unknown) => reason);
        return JSON.stringify([results, error]);
      };
      assert.match(await ask('{ pool(id: "a") { id } }'), /\[\[\{"data":\{"pool":\{"id":"a"\}\}\}\]/);
      assert.match(await ask('mutation { rename(id: "a") { id } }'), /FORBIDDEN/);
      assert.match(await ask('subscription { secrets { n } }'), /FORBIDDEN/);
      assert.match(await ask('{ nothing }'), /GRAPHQL_VALIDATION_FAILED/);
      assert.match(await ask('{'), /GRAPHQL_PARSE_FAILED/);
      const bug = await ask('{ bug }');
      assert.match(bug, /"code":"INTERNAL","requestId":/);
      assert.ok(!bug.includes('hunter2'), bug);
      client.dispose();
    });
  });
