/** The rules by which the public schema is written: each is broken once, and what is committed breaks none. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { ESLint } from 'eslint';

const root = join(import.meta.dirname, '../..');
const committed = readFileSync(join(root, 'apps/gateway/public.graphql'), 'utf8');

/** Otherwise the plugin keeps what it found out about the first schema, and judges the others by it. */
process.env['NODE_ENV'] = 'test';

/** Names of the rules that a schema breaks. */
const brokenBy = async (schemaSdl: string): Promise<string[]> => {
  const eslint = new ESLint({
    cwd: root,
    overrideConfigFile: join(root, 'tools/schema.eslint.mjs'),
    overrideConfig: { languageOptions: { parserOptions: { schemaSdl } } },
  });
  const results = await eslint.lintText(schemaSdl, { filePath: 'schema.graphql' });
  return results.flatMap(({ messages }) => messages.map(({ ruleId, message }) => ruleId ?? message));
};

const good = `
type PageInfo { hasNextPage: Boolean!  hasPreviousPage: Boolean!  startCursor: String  endCursor: String }
type Pool { id: ID!  name: String!  state: PoolState! }
enum PoolState { IN_USE  GONE }
type PoolEdge { cursor: String!  node: Pool! }
type PoolConnection { edges: [PoolEdge!]!  nodes: [Pool!]!  pageInfo: PageInfo! }
input MakePoolInput { name: String! }
type PoolPayload { pool: Pool! }
type Query { pools(first: Int, after: String): PoolConnection  pool(id: ID!): Pool }
type Mutation { makePool(input: MakePoolInput!): PoolPayload! }
`;

const breaks: [name: string, rule: string, from: string, to: string][] = [
  ['a list that takes no cursor', 'relay-arguments', 'first: Int, after: String', 'first: Int'],
  ['a list without a PageInfo', 'relay-connection-types', 'pageInfo: PageInfo!', 'page: PageInfo'],
  ['an edge without a cursor', 'relay-edge-types', 'cursor: String!', 'place: String!'],
  ['a PageInfo that does not tell of a next page', 'relay-page-info', 'hasNextPage: Boolean!', 'more: Boolean!'],
  ['a node without an id', 'node-has-id', 'type Pool { id: ID!', 'type Pool { number: Int!'],
  ['a field in capitals', 'naming-convention', 'name: String!  state', 'Name: String!  state'],
  ['a value of an enum in small letters', 'naming-convention', 'GONE', 'gone'],
  ['a query that gets', 'naming-convention', 'pool(id', 'getPool(id'],
  ['a field that repeats its type', 'no-typename-prefix', '{ id: ID!  name', '{ id: ID!  poolName'],
  [
    'a type that nothing leads to',
    'no-unreachable-types',
    'type PoolPayload',
    'type Lost { id: ID! } type PoolPayload',
  ],
  [
    'a field that goes without a word',
    'require-deprecation-reason',
    'name: String!  state',
    'name: String! @deprecated  state',
  ],
  ['a mutation with loose arguments', 'input-name', 'makePool(input: MakePoolInput!)', 'makePool(name: String!)'],
  ['a mutation that answers true', 'no-scalar-result-type-on-mutation', '): PoolPayload!', '): Boolean!'],
];

describe('the public schema', () => {
  it('breaks no rule', async () => {
    assert.deepEqual(await brokenBy(committed), []);
  });

  it('may be written as the examples here are', async () => {
    assert.deepEqual(await brokenBy(good), []);
  });

  for (const [name, rule, from, to] of breaks) {
    it(`may not have ${name}`, async () => {
      assert.ok(good.includes(from));
      const broken = await brokenBy(good.replace(from, to));
      assert.ok(
        broken.some((each) => each.endsWith(`/${rule}`)),
        `${name}: ${broken.join(', ') || 'nothing'}`,
      );
    });
  }
});
