import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { createMemberMemory } from './member-memory.ts';

const withFolder = (run: (folder: string) => void): void => {
  const folder = mkdtempSync(join(tmpdir(), 'sendpool-members-'));
  try {
    run(join(folder, 'state'));
  } finally {
    rmSync(folder, { recursive: true });
  }
};

test('a process that was killed is remembered by the next one, each group for itself', () => {
  withFolder((folder) => {
    const killed = createMemberMemory(folder);
    killed.remember('sendpool/sender', 'a');
    killed.remember('stats', 'b');
    const next = createMemberMemory(folder);
    assert.deepEqual(next.takeOver('sendpool/sender'), ['a']);
    assert.deepEqual(next.takeOver('stats'), ['b']);
    assert.deepEqual(next.takeOver('other'), []);
  });
});

test('a member that left is forgotten, and a member of this process is never taken for a dead one', () => {
  withFolder((folder) => {
    const memory = createMemberMemory(folder);
    assert.deepEqual(memory.takeOver('g'), []);
    memory.remember('g', 'a');
    memory.remember('g', 'b');
    memory.forget('g', 'a');
    assert.deepEqual(memory.takeOver('g'), []);
    assert.deepEqual(createMemberMemory(folder).takeOver('g'), ['b']);
  });
});

test('a damaged file is no fault, and without a folder nothing is kept', () => {
  withFolder((folder) => {
    createMemberMemory(folder).remember('g', 'a');
    writeFileSync(join(folder, 'g.json'), '{"memberIds":["a"');
    assert.deepEqual(createMemberMemory(folder).takeOver('g'), []);
  });
  const none = createMemberMemory(undefined);
  none.remember('g', 'a');
  assert.deepEqual(none.takeOver('g'), []);
});
