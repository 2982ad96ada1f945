import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { buildSchema, parse } from 'graphql';
import { costFault, createCostOf } from './cost.ts';

const schema = buildSchema(`
  type PageInfo { hasNextPage: Boolean! }
  type Pool { id: ID!  members: [Member!]!  plan: Plan!  minutes(last: Int = 60): [Minute!]! }
  type Member { weight: Int!  pool: Pool!  days: [Int!]! }
  type Minute { at: Int! }
  type Plan { words: [String!]! }
  type PoolEdge { node: Pool!  cursor: String! }
  type PoolConnection { nodes: [Pool!]!  edges: [PoolEdge!]!  pageInfo: PageInfo!  totalCount: Int! }
  type Payload { pool: Pool! }
  type Refused { errors: [Fault!]! }
  type Fault { message: String! }
  union Result = Payload | Refused
  type Query { pools(first: Int = 50, after: String): PoolConnection  pool(id: ID!): Pool  many: [Pool!]!  count: Int }
  type Mutation { change(id: ID!): Result!  count: Int }
`);
const costOf = createCostOf(schema, { 'Pool.plan': { weight: 20 }, 'Query.many': { rows: 3 } });
/** What is asked for, without the 10 that any request costs. */
const cost = (text: string, variables = {}, operationName?: string): number =>
  costOf(parse(text), operationName, variables) - 10;

describe('the cost of an operation', () => {
  it('is 10 for a request that asks for leaves only', () => {
    assert.equal(cost('{ count __typename }'), 0);
  });

  it('counts the rows of a page, by literal, variable, default of the variable and default of the schema', () => {
    assert.equal(cost('{ pools(first: 7) { nodes { id } } }'), 7);
    assert.equal(cost('query ($n: Int) { pools(first: $n) { nodes { id } } }', { n: 8 }), 8);
    assert.equal(cost('query ($n: Int = 9) { pools(first: $n) { nodes { id } } }'), 9);
    assert.equal(cost('query ($n: Int) { pools(first: $n) { nodes { id } } }'), 50);
    assert.equal(cost('query ($n: Int) { pools(first: $n) { nodes { id } } }', { n: null }), 50);
    assert.equal(cost('{ pools { nodes { id } } }'), 50);
  });

  it('never falls below a row, and counts no more rows in a connection than a page may have', () => {
    for (const first of [0, -5, 1000, 1e9])
      assert.equal(cost(`query ($n: Int) { pools(first: $n) { nodes { id } } }`, { n: first }), 100, String(first));
    assert.equal(cost('query ($n: Int) { pools(first: $n) { nodes { id } } }', { n: 'many' }), 100);
  });

  it('multiplies lists inside lists, whether they are reached by nodes or by edges', () => {
    assert.equal(cost('{ pools(first: 5) { nodes { members { weight days } } } }'), 5 * (1 + 10));
    assert.equal(
      cost('{ pools(first: 5) { edges { node { members { weight } } } pageInfo { hasNextPage } } }'),
      5 * 11,
    );
    assert.equal(cost('{ pool(id: 1) { members { pool { members { pool { id } } } } } }'), 1 + 10 * (2 + 10 * 2));
  });

  it('counts the rows of a page of which only their number or an end is wanted, and a count without rows as one', () => {
    assert.equal(cost('{ pools(first: 7) { pageInfo { hasNextPage } totalCount } }'), 7);
    assert.equal(cost('{ pools(first: 7) { totalCount __typename } }'), 1);
    assert.equal(cost('{ pools(first: 7) { ...Some } } fragment Some on PoolConnection { totalCount }'), 7);
    assert.equal(cost('{ pools(first: 7) { nodes { id } totalCount } }'), 7);
  });

  it('counts a list with a page size that is no connection as it is asked for', () => {
    assert.equal(cost('{ pool(id: 1) { minutes(last: 1440) { at } } }'), 1 + 1440);
    assert.equal(cost('{ pool(id: 1) { minutes { at } } }'), 1 + 60);
  });

  it('takes rows and weights of single fields from the table', () => {
    assert.equal(cost('{ many { plan { words } } }'), 3 * (1 + 20 + 1));
  });

  it('charges a change, and introspection, whatever is asked of it', () => {
    assert.equal(cost('mutation { change(id: 1) { ... on Payload { pool { id } } } }'), 10 + 1 + 1);
    assert.equal(cost('mutation { a: count b: count }'), 20);
    assert.equal(cost('{ __schema { types { name fields { name } } } }'), 100);
  });

  it('counts an alias like a field of its own', () => {
    assert.equal(cost('{ a: pool(id: 1) { id } b: pool(id: 2) { id } }'), 2);
  });

  it('measures each fragment once, so that spreads in spreads cost no time', () => {
    const levels = Array.from(
      { length: 60 },
      (_, level) => `fragment F${level} on Pool { id ...F${level + 1} ...F${level + 1} }`,
    );
    const bomb = `{ pool(id: 1) { ...F0 } } ${levels.join(' ')} fragment F60 on Pool { members { weight } }`;
    const began = performance.now();
    assert.ok(cost(bomb) > 1e18);
    assert.ok(performance.now() - began < 50);
    assert.equal(cost('{ pool(id: 1) { ...A } } fragment A on Pool { ...B } fragment B on Pool { ...A }'), 1);
  });

  it('leaves out what is skipped', () => {
    const text =
      'query ($all: Boolean = false) { pool(id: 1) { members @include(if: $all) { weight } } many @skip(if: true) { id } }';
    assert.equal(cost(text), 1);
    assert.equal(cost(text, { all: true }), 11);
  });

  it('is that of the operation that is run', () => {
    const text = 'query A { count } query B { pools(first: 3) { nodes { id } } }';
    assert.equal(cost(text, {}, 'B'), 3);
    assert.equal(cost(text, {}, 'C'), 0);
  });

  it('is refused above the limit with both numbers', () => {
    assert.equal(costFault(100, 100), undefined);
    assert.match(costFault(101, 100)?.message ?? '', /may cost 101; at most 100 is allowed/);
  });
});
