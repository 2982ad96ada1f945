import assert from 'node:assert/strict';
import { test } from 'node:test';
import { campaignStatuses } from '@sendpool/contracts';
import type { Campaign } from './campaign.ts';
import type { Result } from './refusal.ts';
import {
  decideResend,
  resendDigest,
  resendFaults,
  type ResendInput,
  type ResendOrder,
  type ResendStore,
} from './resend.ts';
import { createResendRecipients } from './resend-recipients.ts';
import { createSendingView } from './sending-view.ts';
import { aCampaign, aPool, aServer, rules } from './testing.ts';

const input = (patch: Partial<ResendInput> = {}): ResendInput => ({
  campaignId: 'c',
  states: ['UNKNOWN'],
  recipientNumbers: null,
  idempotencyKey: 'k',
  ...patch,
});

const faultPaths = (patch: Partial<ResendInput>) => resendFaults(input(patch)).map(({ path }) => path?.at(-1));

test('a resend names states, or recipients by their numbers, and a bounced one only by its number', () => {
  assert.deepEqual(faultPaths({}), []);
  assert.deepEqual(faultPaths({ states: [], recipientNumbers: [1] }), []);
  assert.deepEqual(faultPaths({ states: ['BOUNCED'], recipientNumbers: [1] }), []);
  assert.deepEqual(faultPaths({ states: [] }), ['states']);
  assert.deepEqual(faultPaths({ states: ['BOUNCED'] }), ['states']);
});

test('at most 10,000 whole numbers from 0 on, and a key that can be written down', () => {
  assert.deepEqual(faultPaths({ recipientNumbers: Array.from({ length: 10_000 }, (_, number) => number) }), []);
  assert.deepEqual(faultPaths({ recipientNumbers: Array.from({ length: 10_001 }, (_, number) => number) }), [
    'recipientNumbers',
  ]);
  for (const bad of [-1, 0.5, 2 ** 31]) assert.deepEqual(faultPaths({ recipientNumbers: [bad] }), ['recipientNumbers']);
  assert.deepEqual(faultPaths({ recipientNumbers: [] }), ['recipientNumbers']);
  for (const key of ['', 'x'.repeat(101), 'a\nb', '\0'])
    assert.deepEqual(faultPaths({ idempotencyKey: key }), ['idempotencyKey']);
});

test('the same states and numbers are the same request in whatever order; others are not', () => {
  const digest = resendDigest({ states: ['UNKNOWN', 'EXPIRED'], recipientNumbers: [3, 1, 3] });
  assert.equal(resendDigest({ states: ['EXPIRED', 'UNKNOWN'], recipientNumbers: [1, 3] }), digest);
  assert.notEqual(resendDigest({ states: ['EXPIRED', 'UNKNOWN'], recipientNumbers: [1, 2] }), digest);
  assert.notEqual(resendDigest({ states: ['EXPIRED', 'UNKNOWN'], recipientNumbers: null }), digest);
});

test('a campaign that sends, is paused or has finished is sent again, a finished one by sending; no other one is', () => {
  const decided = campaignStatuses.map((status) => {
    const decision = decideResend(aCampaign({ status, prepared: true }));
    return [status, decision.ok ? (decision.value.status ?? status) : decision.errors[0]!.code];
  });
  assert.deepEqual(Object.fromEntries(decided), {
    DRAFT: 'CONFLICT',
    SCHEDULED: 'CONFLICT',
    PREPARING: 'CONFLICT',
    SENDING: 'SENDING',
    PAUSED: 'PAUSED',
    FINISHED: 'SENDING',
    CANCELLED: 'CONFLICT',
  });
  assert.equal(decideResend(aCampaign({ status: 'PAUSED', prepared: false })).ok, false);
});

const run = async (campaign: Campaign, asked: ResendInput, fromDomains = ['example.com']) => {
  const sending = createSendingView();
  for (const config of [aServer({ fromDomains }), aPool()]) sending.apply(config);
  const orders: ResendOrder[] = [];
  const changed: Campaign[] = [];
  const resends: Pick<ResendStore, 'resend'> = {
    resend: async (_id, order, decide) => {
      orders.push(order);
      const decision = decide(campaign);
      if (!decision.ok) return decision;
      const { id, createdAt, actor, states } = order;
      return { ok: true, value: { campaign, resend: { id, createdAt, actor, states, named: null, count: 1 } } };
    },
  };
  const deps = { resends, sending, parseAddress: rules.parseAddress, graceMs: 7, now: () => 5 };
  const result = await createResendRecipients({ ...deps, changed: (one) => void changed.push(one) })(asked, 'key-1');
  return { result, orders, changed };
};

const codes = (result: Result<unknown>): string[] => (result.ok ? [] : result.errors.map(({ code }) => code));

test('who asked, when, and for what goes to the store; named recipients without states are those in any of the three', async () => {
  const { orders, changed, result } = await run(
    aCampaign({ status: 'FINISHED', prepared: true }),
    input({ states: [], recipientNumbers: [4] }),
  );
  assert.partialDeepStrictEqual(orders, [
    {
      actor: 'key-1',
      createdAt: new Date(5),
      states: ['UNKNOWN', 'EXPIRED', 'BOUNCED'],
      recipientNumbers: [4],
      graceMs: 7,
    },
  ]);
  assert.deepEqual([result.ok, changed.length], [true, 1]);
});

test('what is wrong with the request never reaches the store, and a finished campaign needs a pool that can send it', async () => {
  const campaign = aCampaign({ status: 'FINISHED', prepared: true });
  const bad = await run(campaign, input({ states: [] }));
  assert.deepEqual([codes(bad.result), bad.orders, bad.changed], [['BAD_INPUT'], [], []]);
  const foreign = await run(campaign, input(), ['other.example']);
  assert.deepEqual([codes(foreign.result), foreign.changed], [['BAD_INPUT'], []]);
  assert.equal((await run({ ...campaign, status: 'SENDING' }, input(), ['other.example'])).result.ok, true);
});
