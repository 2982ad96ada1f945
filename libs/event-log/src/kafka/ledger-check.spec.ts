import assert from 'node:assert/strict';
import { test } from 'node:test';
import { judge } from './ledger-check.ts';

const wanted = { replication: 3, minInsync: 2 };
const good = { replicas: 3, minInsync: 2, retentionMinutes: 30 * 24 * 60 };

test('a cluster that keeps commits on enough brokers and for long is taken without a word', () => {
  assert.deepEqual(judge(good, wanted), []);
  assert.deepEqual(judge({ ...good, replicas: 1, minInsync: 1 }, { replication: 1, minInsync: 1 }), []);
});

test('a cluster that may lose an acknowledged commit is refused, with what to change', () => {
  assert.throws(() => judge({ ...good, replicas: 1 }, wanted), {
    code: 'BAD_CONFIGURATION',
    message: /1 copies of __consumer_offsets.*offsets\.topic\.replication\.factor/,
  });
  assert.throws(() => judge({ ...good, minInsync: 1 }, wanted), {
    code: 'BAD_CONFIGURATION',
    message: /--add-config min\.insync\.replicas=2/,
  });
});

test('a cluster that forgets the commits of an empty group soon gets a warning', () => {
  assert.match(judge({ ...good, retentionMinutes: 7 * 24 * 60 }, wanted).join(), /7 days.*offsets\.retention\.minutes/);
});
