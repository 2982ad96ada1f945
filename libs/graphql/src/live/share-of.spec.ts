import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { buildSchema, parse } from 'graphql';
import { shareOf, withoutCursor } from './share-of.ts';

const schema = buildSchema(`
  type Query { a: Int }
  type Page { endCursor: String! n: Int }
  type Subscription { state(of: ID!): Int pages(after: String, size: Int): Int cursors(after: String, of: String): Page! }
`);
const share = (query: string, variables: Record<string, unknown> = {}, operationName?: string) =>
  shareOf(schema, { document: parse(query), operationName, variables });

/** The key of what it joins when it has caught up. */
const joined = (query: string, variables: Record<string, unknown> = { after: 'c' }) => {
  const same = withoutCursor({ document: parse(query), operationName: undefined, variables });
  return same && shareOf(schema, same)?.key;
};

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

  it('is that of the same without a cursor for who has caught up and is told where it is', () => {
    const query = 'subscription ($after: String) { cursors(after: $after) { n endCursor } }';
    assert.equal(joined(query), share(query)?.key);
    assert.ok(joined(query));
  });

  it('is never for who cannot be told where it is, or whose cursor is not a variable for nothing else', () => {
    for (const query of [
      'subscription ($after: String) { cursors(after: $after) { n } }',
      'subscription ($after: String) { cursors(after: $after) { endCursor: __typename } }',
      'subscription ($after: String, $told: Boolean = true) { cursors(after: $after) { endCursor @include(if: $told) } }',
      'subscription { cursors(after: "c") { endCursor } }',
      'subscription ($after: String!) { cursors(after: $after) { endCursor } }',
      'subscription ($after: String = "d") { cursors(after: $after) { endCursor } }',
      'subscription ($after: String) { cursors(after: $after, of: $after) { endCursor } }',
    ])
      assert.equal(joined(query), undefined, query);
  });
});
