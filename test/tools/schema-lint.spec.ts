/** Each rule of the words of the schema is broken once, to see that it is found; the schemas as they are must have no fault. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { serviceFaults, wordFaults } from '../../tools/schema-lint.ts';

const read = (path: string): string => readFileSync(path, 'utf8');
const publicSchema = read('apps/gateway/public.graphql');
const services = Object.fromEntries(
  ['config', 'scheduler', 'stats'].map((name) => [name, read(`apps/${name}/schema.graphql`)]),
);

const described = `
"Where a door leads."
type Door {
  "Opaque: tells doors apart."
  id: ID!
  "How far it is from here."
  distance("Metres or miles; null is METRES too." unit: Unit): Float
}
"What lengths are measured in."
enum Unit {
  "1,000 millimetres."
  METRES
}
"Which doors are wanted."
input DoorInput {
  "The longest way, in metres."
  most: Float
}
"What was found, or why nothing was."
union DoorResult = Door | Locked
"No key fits."
type Locked {
  "Since when, as a sentence in English"
  since: String
}
"A moment in UTC."
scalar Moment
`;

describe('the words of the public schema', () => {
  it('are there for all that a client sees', () => {
    assert.deepEqual(wordFaults(publicSchema), []);
    assert.deepEqual(wordFaults(described), []);
  });

  const words: Record<string, string> = {
    Door: '"Where a door leads."',
    'Door.id': '"Opaque: tells doors apart."',
    'Door.distance(unit:)': '"Metres or miles; null is METRES too."',
    Unit: '"What lengths are measured in."',
    'Unit.METRES': '"1,000 millimetres."',
    'DoorInput.most': '"The longest way, in metres."',
    DoorResult: '"What was found, or why nothing was."',
    Moment: '"A moment in UTC."',
  };
  for (const [at, text] of Object.entries(words))
    it(`are missed at ${at}, and so are empty ones`, () => {
      for (const less of ['', '""', '" "'])
        assert.deepEqual(wordFaults(described.replace(text, less)), [`${at} is not described`]);
    });

  it('are sentences with a full stop, or a phrase', () => {
    const fault = ['the description of Locked does not end with a full stop'];
    for (const text of ['No key fits. Nor does a pick', 'No key fits,', 'No key fits:', 'Why does no key fit?'])
      assert.deepEqual(wordFaults(described.replace('No key fits.', text)), fault, text);
    assert.deepEqual(wordFaults(described.replace('No key fits.', 'No key that fits')), []);
  });

  it('say more than the name', () => {
    for (const text of ['The id of the door.', 'Door ID', 'The doors’ id.'])
      assert.deepEqual(wordFaults(described.replace('Opaque: tells doors apart.', text)), [
        'the description of Door.id says no more than its name',
      ]);
  });
});

const door = (words: string): string => `"A way in." type Door { "${words}" id: ID! }`;
const query = (words: string, directives: string): string => `type Query { "${words}" doors: [String!] ${directives} }`;

describe('the schemas of the services', () => {
  it('keep the rules', () => assert.deepEqual(serviceFaults(services), []));

  it('say at each root field the role that it needs, and no other', () => {
    const fault = ['the description of Query.doors does not end with "Needs ADMIN."'];
    assert.deepEqual(serviceFaults({ a: query('All. Needs ADMIN.', '@access(role: ADMIN)') }), []);
    assert.deepEqual(serviceFaults({ a: query('All.', '@access(role: ADMIN)') }), fault);
    assert.deepEqual(serviceFaults({ a: query('All. Needs READER.', '@access(role: ADMIN)') }), fault);
    assert.equal(serviceFaults({ a: query('All. Needs READER.', '') }).length, 1);
    for (const root of ['Mutation', 'Subscription'])
      assert.equal(serviceFaults({ a: query('All.', '').replace('Query', root) }).length, 1, root);
  });

  it('have neither @interfaceObject nor @requires with a fragment', () => {
    const plain = 'type Door @key(fields: "id") { id: ID! size: Int @external price: Int @requires(fields: "size") }';
    assert.deepEqual(serviceFaults({ a: plain }), []);
    assert.deepEqual(serviceFaults({ a: plain.replace('@key', '@interfaceObject @key') }), ['a uses @interfaceObject']);
    assert.deepEqual(serviceFaults({ a: plain.replace('"size"', '"size { ... on Big { metres } }"') }), [
      'a uses @requires with a fragment',
    ]);
  });

  it('have the same members in a union that more than one of them has', () => {
    const a = 'union Result = Door | Refused';
    assert.deepEqual(serviceFaults({ a, b: 'union Result = Refused | Door', c: 'union Other = Door' }), []);
    assert.deepEqual(serviceFaults({ a, b: 'union Result = Door' }), [
      'the union Result has other members in another service',
    ]);
  });

  it('describe alike what more than one of them has', () => {
    assert.deepEqual(serviceFaults({ a: door('Opaque.'), b: door('Opaque.') }), []);
    for (const words of ['For good.', ''])
      assert.deepEqual(serviceFaults({ a: door('Opaque.'), b: door(words) }), [
        'Door.id is described otherwise in another service',
      ]);
  });
});
