import assert from 'node:assert/strict';
import { test } from 'node:test';
import { unprivilegedUser } from './cluster-binaries.ts';
import { settingsOf } from './cluster-settings.ts';

test('root hands the server to postgres, else to nobody, else to the number that nobody has everywhere', () => {
  const nobody = 'root:x:0:0::/root:/bin/sh\nnobody:x:65534:65533::/:/bin/false\n';
  assert.deepEqual(unprivilegedUser(nobody), { uid: 65534, gid: 65533 });
  assert.deepEqual(unprivilegedUser(`${nobody}postgres:x:70:71::/:/bin/sh\n`), { uid: 70, gid: 71 });
  assert.deepEqual(unprivilegedUser('root:x:0:0::/root:/bin/sh\n'), { uid: 65534, gid: 65534 });
});

test('a small machine gets smaller buffers, and only a durable cluster waits for the disk', () => {
  const durable = settingsOf({ port: 1, durable: true, memoryBytes: 2 ** 30 });
  assert.ok(
    durable.includes('shared_buffers=128MB') && durable.includes('fsync=on') && durable.includes('full_page_writes=on'),
  );
  assert.ok(settingsOf({ port: 1, durable: false }).includes('fsync=off'));
  assert.ok(settingsOf({ port: 1, durable: true, memoryBytes: 2 ** 40 }).includes('shared_buffers=512MB'));
});
