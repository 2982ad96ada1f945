import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { buildSchema, parse } from 'graphql';
import { shareOf } from './share-of.ts';

const schema = buildSchema(`
  type Query { a: Int }
  type Subscription { state(of: ID!): Int pages(after: String, size: Int): Int }
`);
const share = (query: string, variables: Record<string, unknown> = {}, operationName?: string) =>
  shareOf(schema, { document: parse(query), operationName, variables });

describe('the sharing of a subscription', () => {
  it('is for the same document, operation and values, however they are written', () => {
    const key = share('subscription ($of: ID!) { state(of: $of) }', { of: '1' })?.key;
    assert.equal(share('subscription ( $of:ID! ) {state( of:$of ) # comment\n }', { of: '1' })?.key, key);
    assert.notEqual(share('subscription ($of: ID!) { state(of: $of) }', { of: '2' })?.key, key);
    assert.notEqual(share('subscription ($of: ID!) { s: state(of: $of) }', { of: '1' })?.key, key);
  });

  it('is not for what begins at a cursor, wherever that is written', () => {
    assert.equal(share('subscription { pages(after: "c") }'), undefined);
    assert.equal(share('subscription ($after: String) { pages(after: $after) }', { after: 'c' }), undefined);
    assert.equal(share('subscription ($after: String = "c") { pages(after: $after) }'), undefined);
  });

  it('is for what begins now: no cursor, or null', () => {
    for (const query of ['{ pages }', '{ pages(after: null) }', '($after: String) { pages(after: $after) }'])
      assert.equal(share(`subscription ${query}`)?.isState, false, query);
    assert.ok(share('subscription ($after: String) { pages(after: $after) }', { after: null }));
  });

  it('tells states, which whoever comes later wants at once, from events', () => {
    assert.equal(share('subscription { state(of: "1") }')?.isState, true);
  });

  it('is not for what cannot be judged before it is run', () => {
    assert.equal(share('subscription ($of: ID!) { state(of: $of) }'), undefined);
    assert.equal(share('subscription { ...F } fragment F on Subscription { state(of: "1") }'), undefined);
    assert.equal(share('subscription A { pages } subscription B { pages }'), undefined);
  });
});
