/** The gate for changes of the public schema that break clients. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { buildSchema } from 'graphql';
import { faultsOf, findChanges, readEntries, released } from '../../tools/schema/find-changes.ts';

const before = `
  type Query { "a" pool(id: ID!, size: Int = 5): Pool  pools: [Pool!] }
  type Pool { id: ID!  state: State  old: Int }
  enum State { IN OUT }
  type Refused { why: String }
  union Result = Pool | Refused
  input PoolInput { name: String }
  type Mutation { makePool(input: PoolInput!): Result! }
`;

const changesBy = (from: string, to: string): string[] => {
  assert.ok(before.includes(from));
  return findChanges(buildSchema(before), buildSchema(before.replace(from, to)));
};

describe('a change of the public schema', () => {
  for (const [name, from, to, told] of [
    ['takes a field away', 'old: Int', '', 'Pool.old was removed.'],
    ['takes a type of value away', 'IN OUT', 'IN', 'OUT was removed from enum type State.'],
    ['makes an argument needed', 'pools:', 'pools(size: Int!):', 'A required arg size on Query.pools was added.'],
    [
      'makes a field of an input needed',
      'name: String',
      'name: String!',
      'PoolInput.name changed type from String to String!.',
    ],
    ['lets a field be null', 'id: ID!  state', 'id: ID  state', 'Pool.id changed type from ID! to ID.'],
    ['makes a page of a list', '[Pool!]', 'Pool', 'Query.pools changed type from [Pool!] to Pool.'],
    ['brings a value no client knows', 'IN OUT', 'IN OUT PROBATION', 'PROBATION was added to enum type State.'],
    ['does another thing unasked', 'Int = 5', 'Int = 9', 'Query.pool arg size has changed defaultValue from 5 to 9.'],
  ] as const) {
    it(`is told when it ${name}`, () => assert.deepEqual(changesBy(from, to), [told]));
  }

  it('is not told when it only adds, explains, or promises more', () => {
    for (const [from, to] of [
      ['old: Int', 'old: Int new: Int'],
      ['"a"', '"b"'],
      ['state: State', 'state: State!'],
      ['name: String', 'name: String size: Int'],
      ['old: Int', 'old: Int @deprecated(reason: "use new")'],
      ['size: Int = 5', 'size: Int = 5, more: Int'],
    ] as const)
      assert.deepEqual(changesBy(from, to), [], to);
  });
});

const notes = `# Changes

## Unreleased

- \`Pool.old was removed.\`
  It was the same as \`new\`; ask for that.
- \`Pool.id changed type from ID! to ID.\` too short

## 0.1.0

- \`Pool.older was removed.\`
  Long ago, for reasons of its own.
`;

describe('the file of changes', () => {
  it('lets through what it names with a reason, and nothing else', () => {
    const entries = readEntries(notes);
    assert.deepEqual(faultsOf(['Pool.old was removed.'], entries.slice(0, 1)), []);
    assert.deepEqual(faultsOf(['Pool.old was removed.', 'Pool.older was removed.'], entries), [
      'breaks clients and is not written down: Pool.older was removed.',
      'has no reason: Pool.id changed type from ID! to ID.',
      'is written down, but is no change: Pool.id changed type from ID! to ID.',
    ]);
  });

  it('begins anew with a release', () => {
    const next = released(notes, '0.2.0');
    assert.deepEqual(readEntries(next), []);
    assert.deepEqual(next.match(/^## .*/gm), ['## Unreleased', '## 0.2.0', '## 0.1.0']);
    assert.ok(next.includes('Pool.old was removed.'));
  });
});
