/** The gateway over two real subgraphs on HTTP: who may come in, what a document may ask, and what happens when a service fails. */
import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { AppError } from '@sendpool/kernel';
import { composeServices } from '@theguild/federation-composition';
import { parse } from 'graphql';
import {
  createGateway,
  createStitchedEngine,
  createSubgraph,
  type GatewayOptions,
  type GraphQLDoor,
  type RequestContext,
  type SubgraphOptions,
} from './index.ts';

const common = `
  extend schema @link(url: "https://specs.apollo.dev/federation/v2.3", import: ["@key"])
  directive @access(role: Role!) on FIELD_DEFINITION
  enum Role { READER OPERATOR ADMIN }
`;
const poolsSdl = `${common}
  scalar DateTime
  type Pool @key(fields: "id") { id: ID! name: String! self: Pool! }
  type Query {
    pools: [Pool!]! @access(role: READER)
    pool(id: ID!): Pool @access(role: READER)
    bug: String @access(role: READER)
    whoAmI: String @access(role: READER)
    administer: String @access(role: ADMIN)
    day(at: DateTime): DateTime @access(role: READER)
    logIn(password: String): String @access(role: READER)
  }
  type Mutation { rename(id: ID!): Pool @access(role: OPERATOR) }
`;
const numbersSdl = `${common}
  type Pool @key(fields: "id") { id: ID! rate: Float slow: String }
  type Query { lag: Int @access(role: READER) }
`;

const canary = 'sp_01234567_hunter2hunter2hunter2 at 10.0.0.7:5432';
const pool = (id: string) => ({ id, name: `pool ${id}` });
const poolsResolvers = {
  Query: {
    pools: () => ['ok', 'bad', 'good'].map(pool),
    pool: (_: unknown, { id }: { id: string }) => pool(id),
    bug: () => {
      throw new Error(canary);
    },
    whoAmI: (_: unknown, __: unknown, { actor }: RequestContext) => `${actor.keyId} ${actor.role}`,
    administer: () => 'done',
    day: (_: unknown, { at }: { at: Date }) => at,
    logIn: () => 'in',
  },
  Pool: { __resolveReference: ({ id }: { id: string }) => pool(id), self: (self: object) => self },
  Mutation: { rename: (_: unknown, { id }: { id: string }) => pool(id) },
};

/** Resolved when the slow field is reached, and when it is told to give up. */
const reached = Promise.withResolvers<void>();
const givenUp = Promise.withResolvers<void>();
const numbersResolvers = {
  Query: { lag: () => 3 },
  Pool: {
    __resolveReference: ({ id }: { id: string }) => {
      if (id === 'bad') throw new AppError('NOT_FOUND', 'no numbers for bad');
      return { id, rate: 0.5 };
    },
    slow: (_: unknown, __: unknown, { signal }: RequestContext) =>
      new Promise((resolve) => {
        reached.resolve();
        signal.addEventListener('abort', () => (givenUp.resolve(), resolve('late')));
      }),
  },
};

const silent = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
type Running = { url: string; calls: string[]; stop(): Promise<void> };

const serve = async (door: GraphQLDoor): Promise<Running> => {
  const calls: string[] = [];
  const server: Server = createServer((req, res) => {
    calls.push(String(req.headers['authorization']));
    void door.routes[0]!.handle(req, res);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const stop = async (): Promise<void> => {
    server.closeAllConnections();
    server.close();
    await door.part.stop(1000);
  };
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/graphql`, calls, stop };
};

const signedActor: SubgraphOptions['actorOf'] = (req) =>
  JSON.parse(String(req.headers['x-actor'] ?? 'null')) ?? undefined;

const startSubgraph = async (typeDefs: string, resolvers: object, actorOf = signedActor): Promise<Running> =>
  serve(await createSubgraph({ typeDefs, resolvers, log: silent, actorOf }));

const keys: Record<string, 'READER' | 'ADMIN'> = { 'Bearer reader': 'READER', 'Bearer admin': 'ADMIN' };
const authenticate: GatewayOptions['authenticate'] = async (authorization) => {
  const role = keys[authorization ?? ''];
  if (role === undefined) return undefined;
  return { actor: { keyId: role.toLowerCase(), role, requestId: 'request-7' }, isValid: () => true };
};

/** Stands in for the signature of libs/service. */
const sign = ({ actor }: { actor: object }) => ({ 'x-actor': JSON.stringify(actor) });

const startGateway = async (addresses: Record<string, string>, introspection = true): Promise<Running> => {
  const { supergraphSdl } = composeServices([
    { name: 'pools', typeDefs: parse(poolsSdl), url: 'http://nowhere/graphql' },
    { name: 'numbers', typeDefs: parse(numbersSdl), url: 'http://nowhere/graphql' },
  ]);
  assert.ok(supergraphSdl !== undefined);
  const urls = Object.fromEntries(Object.entries(addresses).map(([name, list]) => [name, list.split(',')]));
  const engine = createStitchedEngine({ supergraphSdl, urls, sign, log: silent });
  return serve(await createGateway({ engine, authenticate, introspection, log: silent }));
};

type Answer = {
  status: number;
  text: string;
  data?: Record<string, unknown> | null;
  errors?: { message: string; path?: (string | number)[]; extensions: Record<string, unknown> }[];
};

const send = async (url: string, init: RequestInit): Promise<Answer> => {
  const res = await fetch(url, { method: 'POST', ...init });
  const text = await res.text();
  return { ...(JSON.parse(text) as object), status: res.status, text };
};
const headers = { 'content-type': 'application/json', authorization: 'Bearer reader' };
const ask = (url: string, query: string, key = 'Bearer reader'): Promise<Answer> =>
  send(url, { headers: { ...headers, authorization: key }, body: JSON.stringify({ query }) });

describe('the gateway', () => {
  let pools: Running;
  let numbers: Running;
  let gateway: Running;
  before(async () => {
    pools = await startSubgraph(poolsSdl, poolsResolvers);
    numbers = await startSubgraph(numbersSdl, numbersResolvers);
    gateway = await startGateway({ pools: pools.url, numbers: numbers.url });
  });
  after(async () => {
    for (const running of [gateway, pools, numbers]) await running.stop();
  });

  it('joins a list over two services with one call to each', async () => {
    const before = [pools.calls.length, numbers.calls.length];
    const { data } = await ask(gateway.url, '{ pools { id name rate } }');
    assert.deepEqual((data?.['pools'] as object[] | undefined)?.[0], { id: 'ok', name: 'pool ok', rate: 0.5 });
    assert.deepEqual([pools.calls.length - before[0]!, numbers.calls.length - before[1]!], [1, 1]);
  });

  it('tells the services who asks, and never the key', async () => {
    assert.equal((await ask(gateway.url, '{ whoAmI }')).data?.['whoAmI'], 'reader READER');
    assert.equal((await ask(gateway.url, '{ whoAmI }', 'Bearer admin')).data?.['whoAmI'], 'admin ADMIN');
    assert.ok(pools.calls.every((authorization) => authorization === 'undefined'));
  });

  it('passes a refusal of a service on with its code', async () => {
    const { errors } = await ask(gateway.url, '{ administer }');
    assert.deepEqual(
      errors?.map(({ path, extensions }) => [path, extensions['code']]),
      [[['administer'], 'FORBIDDEN']],
    );
    assert.equal(
      (await ask(gateway.url, 'mutation { rename(id: "x") { id } }')).errors?.[0]?.extensions['code'],
      'FORBIDDEN',
    );
  });

  it('reports the failure of a batched join at its own place', async () => {
    const { data, errors } = await ask(gateway.url, '{ ok: pool(id: "ok") { rate } bad: pool(id: "bad") { rate } }');
    assert.deepEqual(data, { ok: { rate: 0.5 }, bad: { rate: null } });
    assert.deepEqual(
      errors?.map(({ path, message }) => ({ path, message })),
      [{ path: ['bad', 'rate'], message: 'no numbers for bad' }],
    );
    const list = await ask(gateway.url, '{ pools { rate } }');
    assert.deepEqual(
      list.errors?.map(({ path }) => path),
      [['pools', 1, 'rate']],
    );
  });

  it('hides what a bug in a service says', async () => {
    const { text, errors } = await ask(gateway.url, '{ bug }');
    assert.ok(!text.includes('hunter2') && !text.includes('10.0.0.7'), text);
    assert.deepEqual(errors?.[0]?.extensions, { code: 'INTERNAL', requestId: 'request-7' });
  });

  it('does not blame the key of a client when a service refuses the signature of the gateway', async () => {
    const stranger = await startSubgraph(numbersSdl, numbersResolvers, () => undefined);
    const half = await startGateway({ pools: pools.url, numbers: stranger.url });
    const { status, data, errors } = await ask(half.url, '{ whoAmI lag }');
    assert.deepEqual([status, data], [200, { whoAmI: 'reader READER', lag: null }]);
    assert.deepEqual(errors?.[0]?.extensions['code'], 'UNAVAILABLE');
    await half.stop();
    await stranger.stop();
  });

  it('answers alike whether the key is missing, malformed or wrong, without reading the body', async () => {
    const answers = await Promise.all(
      [{}, { authorization: 'Bearer wrong' }, { authorization: 'Basic cmVhZGVy' }].map((auth) =>
        send(gateway.url, { headers: { 'content-type': 'application/json', ...auth }, body: '{ not json' }),
      ),
    );
    assert.equal(new Set(answers.map(({ status, text }) => `${status} ${text}`)).size, 1);
    assert.equal(answers[0]?.status, 401);
    assert.equal(answers[0]?.errors?.[0]?.extensions['code'], 'UNAUTHENTICATED');
  });

  it('stops the work in the services when the client goes away', async () => {
    const controller = new AbortController();
    const body = JSON.stringify({ query: '{ pool(id: "ok") { slow } }' });
    const request = fetch(gateway.url, { method: 'POST', headers, body, signal: controller.signal });
    await reached.promise;
    controller.abort();
    await assert.rejects(request);
    await givenUp.promise;
  });

  const nested = (levels: number): string => (levels === 1 ? 'id' : `self { ${nested(levels - 1)} }`);
  const refusals: [string, string, RegExp][] = [
    ['a document of 11 levels', `{ pool(id: "a") { ${nested(10)} } }`, /11 levels/],
    [
      'depth that hides in fragments',
      `{ pool(id: "a") { ...A } } fragment A on Pool { ${nested(9).replace('id', '...B')} } fragment B on Pool { self { id } }`,
      /levels deep/,
    ],
    ['31 aliases', `{ ${Array.from({ length: 31 }, (_, index) => `a${index}: whoAmI`).join(' ')} }`, /30 aliases/],
    ['a subscription that is not asked for as a stream', 'subscription { whoAmI }', /is a stream/],
    ['more than 2,000 tokens', `{ ${'whoAmI '.repeat(2001)} }`, /2000 tokens/],
    [
      'introspection in circles',
      '{ __schema { types { fields { type { fields { type { fields { type { fields { name } } } } } } } } } }',
      /introspection depth/i,
    ],
    [
      'fragments that contain each other',
      '{ pool(id: "a") { ...A } } fragment A on Pool { ...B } fragment B on Pool { ...A }',
      /itself/,
    ],
  ];
  for (const [name, query, message] of refusals)
    it(`refuses ${name} before any service is asked`, async () => {
      const before = pools.calls.length;
      const { data, errors } = await ask(gateway.url, query);
      assert.equal(data, undefined);
      assert.match(String(errors?.[0]?.message), message);
      assert.equal(pools.calls.length, before);
    });

  it('takes 10 levels and 30 aliases', async () => {
    assert.equal((await ask(gateway.url, `{ pool(id: "a") { ${nested(9)} } }`)).errors, undefined);
    const aliases = Array.from({ length: 30 }, (_, index) => `a${index}: whoAmI`).join(' ');
    assert.equal((await ask(gateway.url, `{ ${aliases} }`)).errors, undefined);
  });

  it('refuses a body above 1 MiB, announced or not', async () => {
    const big = JSON.stringify({ query: '{ whoAmI }', variables: { filler: 'x'.repeat(1024 * 1024) } });
    assert.equal((await send(gateway.url, { headers, body: big })).status, 413);
    const chunked = new ReadableStream({
      start: (controller) => {
        controller.enqueue(Buffer.from(big));
        controller.close();
      },
    });
    const init = { headers, body: chunked, duplex: 'half' } as RequestInit;
    assert.equal((await send(gateway.url, init)).status, 413);
  });

  it('refuses batches, form posts and plain text', async () => {
    const query = { query: '{ whoAmI }' };
    assert.equal((await send(gateway.url, { headers, body: JSON.stringify([query, query]) })).status, 400);
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x']) {
      const init = { headers: { ...headers, 'content-type': type }, body: JSON.stringify(query) };
      const { status, data, errors } = await send(gateway.url, init);
      assert.deepEqual([status, data], [415, undefined], type);
      assert.match(String(errors?.[0]?.message), /Content-Type: application\/json/);
    }
  });

  it('names the variable whose value is of the wrong type', async () => {
    const query = 'query ($id: ID!) { pool(id: $id) { name } }';
    const { errors } = await send(gateway.url, { headers, body: JSON.stringify({ query, variables: { id: {} } }) });
    assert.match(String(errors?.[0]?.message), /^Variable "\$id" got an invalid value at "id": /);
    assert.deepEqual(errors?.[0]?.extensions, { code: 'BAD_USER_INPUT' });
  });

  const faults: [string, object, string][] = [
    [
      'an operation that is not in the document',
      { query: '{ whoAmI }', operationName: 'X' },
      'OPERATION_RESOLUTION_FAILURE',
    ],
    [
      'no DateTime',
      { query: 'query ($at: DateTime) { day(at: $at) }', variables: { at: 'tomorrow' } },
      'BAD_USER_INPUT',
    ],
    ['a literal that is no DateTime', { query: '{ day(at: "tomorrow") }' }, 'GRAPHQL_VALIDATION_FAILED'],
    ['a secret of the wrong type', { query: '{ logIn(password: 77788899) }' }, 'GRAPHQL_VALIDATION_FAILED'],
  ];
  for (const [name, body, code] of faults)
    it(`refuses ${name} as the client's mistake, before any service is asked and without quoting it`, async () => {
      const before = pools.calls.length;
      const { text, data, errors } = await send(gateway.url, { headers, body: JSON.stringify(body) });
      assert.deepEqual([data, errors?.[0]?.extensions], [undefined, { code }], text);
      assert.ok(!/tomorrow|77788899|_day/.test(text), text);
      assert.equal(pools.calls.length, before);
    });

  it('hands a DateTime on as it came, in a variable and in the document', async () => {
    const at = '2026-11-24T12:30:00+02:00';
    const body = JSON.stringify({
      query: `query ($at: DateTime) { a: day(at: $at) b: day(at: "${at}") }`,
      variables: { at },
    });
    const { data } = await send(gateway.url, { headers, body });
    assert.deepEqual(data, { a: '2026-11-24T10:30:00.000Z', b: '2026-11-24T10:30:00.000Z' });
  });

  it('does not suggest names of fields', async () => {
    const { text } = await ask(gateway.url, '{ whoAmY }');
    assert.ok(!text.includes('whoAmI') && !text.includes('Did you mean'), text);
  });

  it('shows its schema without the joins of the services, and only while introspection is on', async () => {
    const { text } = await ask(gateway.url, '{ __schema { queryType { fields { name } } } }');
    const names = [...text.matchAll(/"name":"(\w+)"/g)].map(([, name]) => name ?? '').toSorted();
    assert.deepEqual(names, ['administer', 'bug', 'day', 'lag', 'logIn', 'pool', 'pools', 'whoAmI']);
    const closed = await startGateway({ pools: pools.url, numbers: numbers.url }, false);
    assert.equal((await ask(closed.url, '{ __schema { queryType { name } } }')).data, undefined);
    await closed.stop();
  });

  it('answers what it can when a service is down, and tells no host or port', async () => {
    const gone = await startSubgraph(numbersSdl, numbersResolvers);
    await gone.stop();
    const half = await startGateway({ pools: pools.url, numbers: gone.url });
    const { data, errors, text } = await ask(half.url, '{ pools { name rate } lag }');
    assert.deepEqual(data?.['lag'], null);
    assert.deepEqual((data?.['pools'] as object[] | undefined)?.[2], { name: 'pool good', rate: null });
    assert.ok(errors !== undefined && errors.every(({ extensions }) => extensions['code'] === 'UNAVAILABLE'), text);
    assert.ok(!text.includes('127.0.0.1') && !text.includes('ECONN') && !text.includes(new URL(gone.url).port), text);
    await half.stop();
  });
});
