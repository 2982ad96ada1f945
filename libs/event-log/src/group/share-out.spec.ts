import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { shareOut } from './share-out.ts';

test('partitions are shared out whole, evenly, and without moving more than needed', () => {
  const ids = fc.uniqueArray(fc.constantFrom('a', 'b', 'c', 'd', 'e'), { minLength: 1 });
  const held = fc.array(fc.option(fc.constantFrom('a', 'b', 'c', 'd', 'e', 'gone'), { nil: undefined }), {
    maxLength: 30,
  });
  fc.assert(
    fc.property(fc.nat(30), ids, held, (partitions, members, holders) => {
      const before = new Map(holders.flatMap((id, partition) => (id === undefined ? [] : [[partition, id] as const])));
      const owners = shareOut(partitions, members, before);
      assert.deepEqual(
        [...owners.keys()].toSorted((one, other) => one - other),
        Array.from({ length: partitions }, (_, n) => n),
      );
      const counts = members.map((id) => [...owners.values()].filter((owner) => owner === id).length);
      assert.ok(Math.max(...counts) - Math.min(...counts) <= 1);
      // Whoever has less than a full share has lost nothing.
      for (const [index, id] of members.entries()) {
        const lost = [...before].filter(
          ([partition, owner]) => owner === id && partition < partitions && owners.get(partition) !== id,
        );
        assert.ok(lost.length === 0 || counts[index]! >= Math.floor(partitions / members.length));
      }
    }),
  );
});
