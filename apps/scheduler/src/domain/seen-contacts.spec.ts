import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createSeenContacts } from './seen-contacts.ts';

test('an id is seen from its second time on, whichever others came between', () => {
  fc.assert(
    fc.property(fc.array(fc.oneof(fc.nat(300), fc.nat(2 ** 52)), { maxLength: 200 }), (ids) => {
      const [seen, known] = [createSeenContacts(), new Set<number>()];
      for (const id of ids) {
        assert.equal(seen(id), known.has(id));
        known.add(id);
      }
    }),
  );
});
