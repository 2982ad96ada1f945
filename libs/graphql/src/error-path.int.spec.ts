/** Where errors of joins stand when two places of an answer share what is joined, and what is taken from it without resolving it again. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { serviceSdl, startGateway, startSubgraph, type Running } from './doors.fixture.ts';

const sdls = {
  campaigns: serviceSdl(`
    type Group @key(fields: "id", resolvable: false) { id: ID! }
    type Campaign { id: ID! group: Group! }
    type Query { campaigns: [Campaign!]! @access(role: READER) }`),
  groups: serviceSdl(`
    type Host @key(fields: "id") { id: ID! name: String! }
    type Group @key(fields: "id") { id: ID! size: Int! state: State open: Boolean! note: String members: [Member!]! }
    type Member { host: Host! }
    enum State { NEW USED }
    type Query { groups: Int @access(role: READER) }`),
  numbers: serviceSdl(`
    type Host @key(fields: "id") { id: ID! rate: Float }
    type Query { lag: Int @access(role: READER) }`),
};

const host = (id: string) => ({ id, name: `host ${id}` });
const group = (id: string) => ({
  id,
  size: 0,
  state: 'USED',
  open: false,
  note: null,
  members: ['ok', 'bad'].map((name) => ({ host: host(name) })),
});
const asked: string[] = [];

const resolvers = {
  campaigns: { Query: { campaigns: () => ['1', '2'].map((id) => ({ id, group: { id: 'shared' } })) } },
  groups: {
    Group: { __resolveReference: ({ id }: { id: string }) => group(id) },
    Host: { __resolveReference: ({ id }: { id: string }) => host(id) },
  },
  numbers: {
    Host: {
      __resolveReference: ({ id }: { id: string }) => {
        asked.push(id);
        return {
          id,
          rate: () => {
            if (id === 'bad') throw new Error('no numbers');
            return 0.5;
          },
        };
      },
    },
  },
};

describe('joins that two places of an answer share', () => {
  const services: Record<string, Running> = {};
  let gateway: Running;
  before(async () => {
    for (const name of ['campaigns', 'groups', 'numbers'] as const)
      services[name] = await startSubgraph(sdls[name], resolvers[name]);
    const actor = { keyId: 'key', role: 'READER', requestId: 'request' } as const;
    gateway = await startGateway(sdls, services, { authenticate: async () => ({ actor, isValid: () => true }) });
  });
  after(async () => {
    for (const running of [gateway, ...Object.values(services)]) await running.stop();
  });

  const ask = async (query: string) => {
    const headers = { 'content-type': 'application/json', authorization: 'Bearer key' };
    const res = await fetch(gateway.url, { method: 'POST', headers, body: JSON.stringify({ query }) });
    return (await res.json()) as { data: unknown; errors?: { path: unknown }[] };
  };

  it('fail at the place of each, and are asked for once', async () => {
    asked.length = 0;
    const { data, errors } = await ask('{ campaigns { group { members { host { name rate } } } } }');
    const members = [{ host: { name: 'host ok', rate: 0.5 } }, { host: { name: 'host bad', rate: null } }];
    assert.deepEqual(data, { campaigns: [{ group: { members } }, { group: { members } }] });
    assert.deepEqual(
      errors?.map(({ path }) => path),
      [0, 1].map((index) => ['campaigns', index, 'group', 'members', 1, 'host', 'rate']),
    );
    assert.deepEqual(asked.toSorted(), ['bad', 'ok']);
  });

  it('answer the same field under two names, and with two selections, as each is asked', async () => {
    const before = services['groups']!.calls.length;
    const { data, errors } = await ask(
      '{ campaigns { group { members { a: host { rate } b: host { called: name } } } } }',
    );
    const members = [
      { a: { rate: 0.5 }, b: { called: 'host ok' } },
      { a: { rate: null }, b: { called: 'host bad' } },
    ];
    assert.deepEqual(data, { campaigns: [{ group: { members } }, { group: { members } }] });
    assert.deepEqual(
      errors?.map(({ path }) => path),
      [0, 1].map((index) => ['campaigns', index, 'group', 'members', 1, 'a', 'rate']),
    );
    assert.equal(services['groups']!.calls.length - before, 1);
  });

  it('hand on leaves of every kind, the empty ones too, by any name', async () => {
    const { data } = await ask('{ campaigns { id: __typename key: id group { size n: size state open note id } } }');
    const group = { size: 0, n: 0, state: 'USED', open: false, note: null, id: 'shared' };
    assert.deepEqual(data, { campaigns: ['1', '2'].map((key) => ({ id: 'Campaign', key, group })) });
  });
});
