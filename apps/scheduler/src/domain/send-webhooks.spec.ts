import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AppError } from '@sendpool/kernel';
import { createSendWebhooks, type DueMessage, type DueStore } from './send-webhooks.ts';
import { healthy } from './webhook.ts';
import { unopened } from './webhook-plan.ts';

type Settled = Parameters<DueStore['settle']>[1];

const sealed = { keyId: 'k', iv: 'i', data: 'd', tag: 't' };
const webhook = { id: 'w', url: 'https://example.com/', secret: sealed, previousSecret: null, previousUntil: null };
const message: DueMessage = { id: 'm', attempts: 1, body: '{}', webhook };

/** What is stored, and which faults are told, of one message whose sending throws. */
const sendThrowing = async (error: Error): Promise<{ settled: Settled[]; faults: unknown[] }> => {
  const [settled, faults]: [Settled[], unknown[]] = [[], []];
  const sending = createSendWebhooks({
    store: { claim: async () => [message], settle: async (_, result) => void settled.push(result) },
    post: async () => {
      throw error;
    },
    freed: () => {},
    onAttempt: () => {},
    onFault: (fault) => faults.push(fault),
    now: () => new Date(0),
    random: () => 0,
  });
  await sending.turn();
  await sending.end(1000);
  return { settled, faults };
};

test('a message whose secret does not open is tried again by the plan, and its webhook says why', async () => {
  const { settled, faults } = await sendThrowing(new AppError('DECRYPTION_FAILED', 'no key'));
  assert.deepEqual([settled.length, faults], [1, []]);
  assert.deepEqual(settled[0]?.after, { kind: 'RETRY', delayMs: 5000 });
  assert.equal(settled[0].health({ ...healthy, enabled: true }).lastError, unopened.text);
});

test('any other fault of our own is told to the log, and the claim lapses', async () => {
  const fault = new Error('no memory');
  assert.deepEqual(await sendThrowing(fault), { settled: [], faults: [fault] });
});
