/** The streams of a service on a real port: who may open one, what each role may see, and what becomes of sources that fail. */
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { inspect } from 'node:util';
import { after, before, describe, it } from 'node:test';
import type { Actor, Role } from '@sendpool/contracts';
import { AppError, sleep } from '@sendpool/kernel';
import { createSubgraph, loaderOf, type GraphQLDoor, type RequestContext } from '../index.ts';
import { until } from './scene.fixture.ts';

const typeDefs = `
  extend schema @link(url: "https://specs.apollo.dev/federation/v2.3", import: ["@key"])
  directive @access(role: Role!) on FIELD_DEFINITION
  enum Role { READER OPERATOR ADMIN }
  type Tick { n: Int! loaded: Int secret: String @access(role: ADMIN) }
  type Query { read: String @access(role: READER) }
  type Subscription {
    ticks: Tick @access(role: READER)
    admin: Tick @access(role: ADMIN)
    bug: Tick @access(role: READER)
    bugAtOnce: Tick @access(role: READER)
    expired: Tick @access(role: READER)
    silent: Tick @access(role: READER)
  }
`;
const canary = 'postgres://sendpool:hunter2@10.0.0.7/stats';
const logged: object[] = [];
const log = { debug: () => {}, info: () => {}, warn: () => {}, error: (fields: object) => void logged.push(fields) };
let adminsOpened = 0;
let silentSignal: AbortSignal | undefined;
let loads = 0;

async function* ticks(): AsyncGenerator<{ n: number; secret: string }> {
  for (const n of [1, 2]) yield { n, secret: 's' };
}

const resolve = (tick: unknown): unknown => tick;
const resolvers = {
  Query: { read: () => 'read' },
  Subscription: {
    ticks: { subscribe: ticks, resolve },
    admin: {
      subscribe: () => {
        adminsOpened += 1;
        return ticks();
      },
      resolve,
    },
    bug: {
      subscribe: async function* () {
        yield { n: 1 };
        throw new Error(`cannot reach ${canary}`);
      },
      resolve,
    },
    bugAtOnce: {
      subscribe: () => {
        throw new Error(`cannot reach ${canary}`);
      },
    },
    expired: {
      subscribe: async () => {
        await sleep(1);
        throw new AppError('CONFLICT', 'begin anew');
      },
    },
    silent: {
      subscribe: async function* (_: unknown, __: unknown, { signal }: RequestContext) {
        silentSignal = signal;
        await new Promise(() => {});
        yield { n: 1 };
      },
    },
  },
  Tick: {
    loaded: (_: unknown, __: unknown, context: RequestContext) =>
      loaderOf(context, 'loads', async (keys: readonly string[]) => new Map(keys.map((key) => [key, ++loads]))).load(
        'k',
      ),
  },
};

/** Stands in for the signature of libs/service. */
const macOf = (body: string): string => createHmac('sha256', 'key').update(body).digest('hex');
const actorOf = (req: { headers: NodeJS.Dict<string | string[]> }, body: Uint8Array): Actor | undefined =>
  req.headers['x-mac'] === macOf(Buffer.from(body).toString())
    ? { keyId: 'k', role: req.headers['x-role'] as Role, requestId: 'request-7' }
    : undefined;

type Result = {
  data?: Record<string, Record<string, unknown> | null> | null;
  errors?: { message: string; path?: unknown; extensions: { code: string } }[];
};

describe('the streams of a service', () => {
  let door: GraphQLDoor;
  let server: Server;
  before(async () => {
    door = await createSubgraph({ typeDefs, resolvers, actorOf, log });
    const [, stream] = door.routes;
    server = createServer((req, res) => void stream!.handle(req, res));
    await new Promise<void>((resolved) => server.listen(0, '127.0.0.1', resolved));
  });
  after(async () => {
    server.closeAllConnections();
    server.close();
    await door.part.stop(1000);
  });

  const post = (body: string, headers: Record<string, string>, signal: AbortSignal | null = null): Promise<Response> =>
    fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}/graphql/stream`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body,
      signal,
    });
  const open = (query: string, role: Role = 'READER', signal: AbortSignal | null = null): Promise<Response> => {
    const body = JSON.stringify({ query });
    return post(body, { 'x-mac': macOf(body), 'x-role': role }, signal);
  };
  const read = async (query: string, role: Role = 'READER'): Promise<{ text: string; results: Result[] }> => {
    const text = await (await open(query, role)).text();
    assert.ok(text.endsWith('event: complete\ndata: \n\n'), text);
    return { text, results: [...text.matchAll(/^data: (.+)$/gm)].map(([, json]) => JSON.parse(json!) as Result) };
  };

  it('are refused unsigned, and when the body was changed after signing', async () => {
    const body = JSON.stringify({ query: 'subscription { ticks { n } }' });
    const unsigned = await post(body, { 'x-role': 'ADMIN' });
    const changed = await post(`${body} `, { 'x-role': 'ADMIN', 'x-mac': macOf(body) });
    assert.deepEqual([unsigned.status, changed.status], [401, 401]);
  });

  it('are not even opened for a role that may not', async () => {
    const { results } = await read('subscription { admin { n } }', 'OPERATOR');
    assert.deepEqual(
      results.map(({ data, errors }) => [data, errors?.map(({ extensions }) => extensions.code)]),
      [[undefined, ['FORBIDDEN']]],
    );
    assert.equal(adminsOpened, 0);
    assert.equal((await read('subscription { admin { n } }', 'ADMIN')).results.length, 2);
  });

  it('hide fields inside of an event from a role that may not see them, and go on', async () => {
    const { results } = await read('subscription { ticks { n secret } }');
    assert.deepEqual(
      results.map(({ data, errors }) => [data?.['ticks'], errors?.[0]?.path, errors?.[0]?.extensions.code]),
      [1, 2].map((n) => [{ n, secret: null }, ['ticks', 'secret'], 'FORBIDDEN']),
    );
  });

  it('have new loaders for each event', async () => {
    const { results } = await read('subscription { ticks { loaded } }');
    assert.deepEqual(
      results.map(({ data }) => data?.['ticks']?.['loaded']),
      [1, 2],
    );
  });

  it('end with a masked error when their source has a bug, at once or later, and the log has its words', async () => {
    for (const [field, before] of [
      ['bug', 1],
      ['bugAtOnce', 0],
    ] as const) {
      logged.length = 0;
      const { text, results } = await read(`subscription { ${field} { n } }`);
      assert.ok(!text.includes('hunter2') && !text.includes('10.0.0.7'), text);
      assert.equal(results.length, before + 1);
      const { data, errors } = results.at(-1)!;
      assert.deepEqual([data, errors?.[0]?.extensions], [undefined, { code: 'INTERNAL', requestId: 'request-7' }]);
      assert.match(inspect(logged), /cannot reach/);
    }
  });

  it('end with the code and the words of a typed fault', async () => {
    const { results } = await read('subscription { expired { n } }');
    const { data, errors } = results[0]!;
    assert.deepEqual(
      [results.length, data, errors?.[0]?.message, errors?.[0]?.extensions],
      [1, undefined, 'begin anew', { code: 'CONFLICT' }],
    );
  });

  it('tell a source that waits that its client has gone', async () => {
    const controller = new AbortController();
    await open('subscription { silent { n } }', 'READER', controller.signal);
    await until(() => silentSignal !== undefined, 'the source is asked');
    controller.abort();
    await until(() => silentSignal?.aborted === true, 'the source is told');
  });

  it('take subscriptions only', async () => {
    const { results } = await read('{ read }');
    assert.equal(results[0]?.data, undefined);
    assert.equal(results[0]?.errors?.length, 1);
  });

  it('keep the service from starting while one of them has no rule', async () => {
    const unruled = typeDefs.replace('ticks: Tick @access(role: READER)', 'ticks: Tick');
    await assert.rejects(createSubgraph({ typeDefs: unruled, resolvers, actorOf, log }), /Subscription\.ticks/);
  });

  it('end when the service stops, those that come late too', async () => {
    const waiting = read('subscription { silent { n } }');
    await sleep(50);
    door.part.drain();
    for (const { results } of [await waiting, await read('subscription { silent { n } }')])
      assert.deepEqual(
        results.map(({ errors }) => errors?.[0]?.extensions.code),
        ['UNAVAILABLE'],
      );
  });
});
