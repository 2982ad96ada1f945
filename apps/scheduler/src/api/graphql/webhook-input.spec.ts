import assert from 'node:assert/strict';
import { test } from 'node:test';
import { webhookEditOf } from './webhook-input.ts';

const editOf = (input: object) => webhookEditOf({ id: 'webhook', ...input });

test('what is left out of an edit stays, and null ends the restriction to a campaign', () => {
  assert.deepEqual(editOf({}), { ok: true, value: {} });
  assert.deepEqual(editOf({ campaignId: null }), { ok: true, value: { campaignId: null } });
  const whole = { name: 'a', url: 'https://example.com/', events: ['EXPIRED'], campaignId: 'c', enabled: false };
  assert.deepEqual(editOf(whole), { ok: true, value: whole });
});

test('null for what a webhook cannot be without is refused by its path, all at once', () => {
  const edit = editOf({ name: null, url: null, events: null, campaignId: null, enabled: null });
  assert.deepEqual(
    edit.ok ? [] : edit.errors.map(({ code, path }) => [code, path!.join('.')]),
    ['name', 'url', 'events', 'enabled'].map((field) => ['BAD_INPUT', `input.${field}`]),
  );
});
