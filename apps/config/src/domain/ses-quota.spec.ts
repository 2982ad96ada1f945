import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createFakeServerStore } from './fake-stores.ts';
import { defaultLimits } from './limits.ts';
import { quotaAdvice } from './ses-quota.ts';
import { accountWith, sesServerWith, serverWith } from './testing.ts';
import { createVerifySendingServer } from './verify-sending-server.ts';

const withLimits = (
  name: string,
  [messagesPerSecond, messagesPerDay]: readonly [number | null, number | null] = [null, null],
  account = accountWith(),
) =>
  sesServerWith({
    name,
    limits: { ...defaultLimits, messagesPerSecond, messagesPerDay },
    ses: { region: 'eu-central-1', configurationSet: null, account },
  });

const probe = async () => ({ ok: true, account: accountWith() }) as const;

describe('the quota of an account of Amazon SES', () => {
  it('is nobody else\u2019s business when one server has it alone', () => {
    assert.equal(quotaAdvice(sesServerWith(), []), null);
    assert.equal(quotaAdvice(serverWith(), [sesServerWith()]), null);
  });

  it('is said to be shared when servers take all of it each, with the names of the others and what they may have together', () => {
    const advice = quotaAdvice(withLimits('one'), [withLimits('two')]);
    assert.match(
      advice!,
      /in this region with two, and.* messagesPerSecond \(14 together\).* messagesPerDay \(50000 together\)/,
    );
  });

  const endless = accountWith({ max24HourSend: null });
  for (const [what, account, limits, isAdvised] of [
    ['the rates and the days add up to it', accountWith(), [7, 25_000], false],
    ['the rates are too much together', accountWith(), [8, 25_000], true],
    ['the days are too much together', accountWith(), [7, 25_001], true],
    ['the account has no limit of the day', endless, [7, null], false],
  ] as const)
    it(`is ${isAdvised ? '' : 'not '}said to be shared when ${what}`, () => {
      const advice = quotaAdvice(withLimits('one', limits, account), [withLimits('two', limits, account)]);
      assert.equal(advice !== null, isAdvised);
    });

  it('is spoken of by the verification that passed', async () => {
    const servers = createFakeServerStore();
    const [one, two] = [withLimits('one'), withLimits('two')];
    for (const server of [one, two]) await servers.insert(server);
    const verified = await createVerifySendingServer({ servers, probe, now: () => new Date(0) })(one.id);
    assert.ok(verified.ok);
    assert.equal(verified.value.verification.status, 'PASSED');
    assert.match(verified.value.verification.message!, /with two, and each takes all of it/);
  });
});
