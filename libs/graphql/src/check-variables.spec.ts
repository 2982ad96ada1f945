import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { buildSchema, parse } from 'graphql';
import { formatError } from './errors.ts';
import { variableFaults } from './check-variables.ts';

const schema = buildSchema(`
  input Member { weight: Int! }
  input Login { password: String  members: [Member!] }
  type Query { log(input: Login): Int }
`);
const canary = 'canary7f3a';

const faults = (input: unknown, operationName?: string): string[] =>
  variableFaults(schema, {
    document: parse('query Q($input: Login!) { log(input: $input) }'),
    operationName,
    variables: { input },
  }).map((error) => formatError(error.toJSON(), error).message);

describe('the variables of a document', () => {
  for (const weight of [1.5, '7', null, true, 1e10])
    it(`are refused by their place when a weight is ${String(weight)}`, () => {
      const [message, ...more] = faults({ members: [{ weight: 1 }, { weight }] });
      assert.match(message!, /^Variable "\$input" got an invalid value at "input\.members\[1\]\.weight": /);
      assert.deepEqual(more, []);
    });

  it('are never quoted, whatever is wrong with them', () => {
    for (const input of [{ password: [canary] }, { password: { canary } }, { password: canary, foo: 1 }, canary])
      assert.ok(faults(input).length > 0 && !faults(input).join().includes(canary), faults(input).join());
  });

  it('have at most 50 faults told', () => {
    assert.equal(faults({ members: Array.from({ length: 5000 }, () => ({ weight: 'x' })) }).length, 50);
  });

  it('are refused when they are missing or null and may not be', () => {
    assert.deepEqual(faults(undefined), ['Variable "$input" of required type "Login!" was not provided.']);
    assert.deepEqual(faults(null), ['Variable "$input" of non-null type "Login!" must not be null.']);
  });

  it('may be missing where they have a default, and missing or null where they need not be given', () => {
    const document = parse('query Q($a: Login! = {}, $b: Login) { a: log(input: $a) b: log(input: $b) }');
    for (const variables of [{}, { b: null }])
      assert.deepEqual(variableFaults(schema, { document, operationName: undefined, variables }), []);
  });

  it('are left to the run of the document when they are good, or of no operation', () => {
    assert.deepEqual([faults({ password: canary }), faults({ foo: 1 }, 'Other')], [[], []]);
  });
});
