import assert from 'node:assert/strict';
import { test } from 'node:test';
import { editOf } from './campaign-input.ts';

const pathsOf = (input: object): string[] => {
  const edit = editOf({ id: 'campaign', ...input });
  return edit.ok ? [] : edit.errors.map(({ path }) => path!.join('.'));
};
const valueOf = (input: object): unknown => {
  const edit = editOf({ id: 'campaign', ...input });
  return edit.ok ? edit.value : edit.errors;
};

test('each setting that is left out of an edit stays: a new pool does not make the policy HOLD again', () => {
  assert.deepEqual(valueOf({ sendingSettings: { poolId: 'other' } }), { poolId: 'other' });
  assert.deepEqual(valueOf({ sendingSettings: { unknownPolicy: 'RESEND' } }), { unknownPolicy: 'RESEND' });
  assert.deepEqual([valueOf({ sendingSettings: {} }), valueOf({})], [{}, {}]);
});

test('null for what a campaign cannot be without is refused by its path, all at once', () => {
  const nothing = { name: null, from: null, subject: null, audienceId: null };
  const settings = { sendingSettings: { poolId: null, unknownPolicy: null } };
  assert.deepEqual(pathsOf({ ...nothing, ...settings }), [
    'input.name',
    'input.from',
    'input.subject',
    'input.audienceId',
    'input.sendingSettings.poolId',
    'input.sendingSettings.unknownPolicy',
  ]);
  assert.deepEqual(pathsOf({ sendingSettings: null }), ['input.sendingSettings']);
});

test('null empties what may be empty', () => {
  const empty = { replyTo: null, html: null, text: null };
  assert.deepEqual(valueOf(empty), empty);
});
