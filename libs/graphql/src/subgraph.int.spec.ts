/** A small subgraph on a real HTTP port: who may ask it, what each role may do, and what its errors tell. */
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { inspect } from 'node:util';
import { after, before, describe, it } from 'node:test';
import type { Actor, Role } from '@sendpool/contracts';
import { AppError } from '@sendpool/kernel';
import { createSubgraph, type GraphQLDoor, type RequestContext } from './index.ts';

const typeDefs = `
  extend schema @link(url: "https://specs.apollo.dev/federation/v2.3", import: ["@key"])
  directive @access(role: Role!) on FIELD_DEFINITION
  scalar DateTime
  scalar BigInt
  enum Role { READER OPERATOR ADMIN }
  type Thing @key(fields: "id") { id: ID! big: BigInt! at(time: DateTime): DateTime secret: String @access(role: ADMIN) }
  type Query {
    read: String @access(role: READER)
    operate: String @access(role: OPERATOR)
    administer: String @access(role: ADMIN)
    thing: Thing! @access(role: READER)
    bug: String @access(role: READER)
    refuse: String @access(role: READER)
    away: String @access(role: READER)
    wait: String @access(role: READER)
  }
  type Mutation { change: String @access(role: OPERATOR) }
`;

const canary = 'postgres://sendpool:hunter2@10.0.0.7/config';
const logged: { fields: object; message: string }[] = [];
const log = (fields: object, message: string): void => void logged.push({ fields, message });
let aborted: Promise<void>;
let waiting: Promise<void>;

const resolvers = {
  Query: {
    read: () => 'read',
    operate: () => 'operate',
    administer: () => 'administer',
    thing: () => ({ id: '1', big: 12_345_678_901, at: new Date(0), secret: 's' }),
    bug: () => {
      throw new Error(`cannot reach ${canary}`);
    },
    refuse: () => {
      throw new AppError('NOT_FOUND', 'no such pool');
    },
    away: () => {
      throw new AppError('UNAVAILABLE', `cannot reach ${canary}`);
    },
  },
  Thing: {
    at: (thing: { at: Date }, { time }: { time?: Date }) => time ?? thing.at,
    __resolveReference: ({ id }: { id: string }) => ({ id, big: 1, secret: 's' }),
  },
  Mutation: { change: () => 'changed' },
};

const withWait = (): object => {
  const reached = Promise.withResolvers<void>();
  const gone = Promise.withResolvers<void>();
  [waiting, aborted] = [reached.promise, gone.promise];
  const wait = (_: unknown, __: unknown, { signal }: RequestContext): Promise<string> =>
    new Promise((resolve) => {
      reached.resolve();
      signal.addEventListener('abort', () => {
        gone.resolve();
        resolve('late');
      });
    });
  return { ...resolvers, Query: { ...resolvers.Query, wait } };
};

/** Stands in for the signature of libs/service: a MAC over the body, and the role in a header. */
const macOf = (body: Uint8Array): string => createHmac('sha256', 'key').update(body).digest('hex');
const actorOf = (req: { headers: NodeJS.Dict<string | string[]> }, body: Uint8Array): Actor | undefined =>
  req.headers['x-mac'] === macOf(body)
    ? { keyId: 'k', role: req.headers['x-role'] as Role, requestId: 'request-7' }
    : undefined;

describe('a subgraph', () => {
  let door: GraphQLDoor;
  let server: Server;
  let url: string;

  before(async () => {
    door = await createSubgraph({
      typeDefs,
      resolvers: withWait(),
      actorOf,
      log: { debug: () => {}, info: () => {}, warn: () => {}, error: log },
    });
    server = createServer((req, res) => void door.routes[0]!.handle(req, res));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/graphql`;
  });
  after(async () => {
    server.closeAllConnections();
    server.close();
    await door.part.stop(1000);
  });

  const post = (body: string, headers: Record<string, string>, signal?: AbortSignal): Promise<Response> =>
    fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body,
      signal: signal ?? null,
    });
  const ask = async (query: string, role: Role = 'READER', variables: object = {}) => {
    const body = JSON.stringify({ query, variables });
    const res = await post(body, { 'x-mac': macOf(Buffer.from(body)), 'x-role': role });
    const answer = (await res.json()) as {
      data?: Record<string, unknown>;
      errors?: { message: string; path?: unknown[]; extensions: Record<string, unknown> }[];
    };
    return { status: res.status, text: JSON.stringify(answer), ...answer };
  };

  it('answers 401 to an unsigned request and to one whose body was changed after signing', async () => {
    const body = JSON.stringify({ query: '{ read }' });
    const unsigned = await post(body, { 'x-role': 'ADMIN' });
    const changed = await post(`${body} `, { 'x-mac': macOf(Buffer.from(body)), 'x-role': 'ADMIN' });
    assert.deepEqual([unsigned.status, changed.status], [401, 401]);
    assert.equal(await unsigned.text(), await changed.text());
  });

  const matrix: [string, Role[]][] = [
    ['{ read }', ['READER', 'OPERATOR', 'ADMIN']],
    ['{ operate }', ['OPERATOR', 'ADMIN']],
    ['{ administer }', ['ADMIN']],
    ['{ thing { id } }', ['READER', 'OPERATOR', 'ADMIN']],
    ['{ thing { secret } }', ['ADMIN']],
    ['{ _entities(representations: [{ __typename: "Thing", id: "1" }]) { ... on Thing { secret } } }', ['ADMIN']],
    ['mutation { change }', ['OPERATOR', 'ADMIN']],
  ];
  for (const [query, may] of matrix)
    it(`lets exactly ${may.join(', ')} use ${query}`, async () => {
      for (const role of ['READER', 'OPERATOR', 'ADMIN'] as const) {
        const { errors } = await ask(query, role);
        assert.deepEqual(
          errors?.map((error) => error.extensions['code']),
          may.includes(role) ? undefined : ['FORBIDDEN'],
          `${role} ${query}`,
        );
      }
    });

  it('does not start while a root field has no rule', async () => {
    const open = typeDefs.replace('read: String @access(role: READER)', 'read: String');
    await assert.rejects(
      createSubgraph({ typeDefs: open, resolvers, actorOf, log: { debug: log, info: log, warn: log, error: log } }),
      (error: unknown) =>
        error instanceof AppError && error.code === 'BAD_CONFIGURATION' && error.message.includes('Query.read'),
    );
  });

  it('hides what a bug says, logs it, and names the request to ask about', async () => {
    logged.length = 0;
    const { text, errors } = await ask('{ bug }');
    assert.ok(!text.includes('hunter2') && !text.includes('10.0.0.7'), text);
    assert.equal(errors?.[0]?.message, 'Internal error');
    assert.deepEqual(errors?.[0]?.extensions, { code: 'INTERNAL', requestId: 'request-7' });
    assert.match(inspect(logged[0]?.fields), /cannot reach/); // libs/service redacts it when it writes
  });

  it('tells the code and message of a typed fault, but not the host of a service that is away', async () => {
    const refused = await ask('{ refuse }');
    assert.deepEqual(refused.errors?.[0]?.extensions, { code: 'NOT_FOUND' });
    assert.equal(refused.errors?.[0]?.message, 'no such pool');
    const away = await ask('{ away }');
    assert.deepEqual(away.errors?.[0]?.extensions, { code: 'UNAVAILABLE' });
    assert.ok(!away.text.includes('10.0.0.7'), away.text);
  });

  it('writes BigInt as text and reads and writes DateTime in RFC 3339', async () => {
    const { data } = await ask('query ($t: DateTime) { thing { big at(time: $t) } }', 'READER', {
      t: '2026-11-24T13:30:00+01:00',
    });
    assert.deepEqual(data?.['thing'], { big: '12345678901', at: '2026-11-24T12:30:00.000Z' });
  });

  it('aborts the work of a request whose client has gone away', async () => {
    const controller = new AbortController();
    const body = JSON.stringify({ query: '{ wait }' });
    const request = post(body, { 'x-mac': macOf(Buffer.from(body)), 'x-role': 'READER' }, controller.signal);
    await waiting;
    controller.abort();
    await assert.rejects(request);
    await aborted;
  });
});
