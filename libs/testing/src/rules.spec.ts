import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seededRandom } from '@sendpool/kernel';
import { behaviourOf, ruleFor, shareOf, type SinkRule } from './rules.ts';

const rules: SinkRule[] = [
  { share: 0.2, when: 'FIRST_TIME', fault: { at: 'RCPT', do: 'REPLY', code: 451, text: '4.7.1 greylisted' } },
  { share: 0.1, fault: { at: 'RCPT', do: 'REPLY', code: 550, text: '5.1.1 no such user' } },
];

const situation = (to: string) => ({ stage: 'RCPT', from: 'a@x.test', to, connection: 1, count: 1 }) as const;
const addresses = Array.from({ length: 10_000 }, (_unused, number) => `user${number}@example.test`);

test('shares are met, side by side, and by the address alone', () => {
  const counts = [0, 0, 0];
  for (const address of addresses) {
    const rule = ruleFor(rules, address);
    const index = rule === undefined ? 2 : rules.indexOf(rule);
    counts[index] = (counts[index] ?? 0) + 1;
  }
  for (const [index, expected] of [2_000, 1_000, 7_000].entries())
    assert.ok(Math.abs((counts[index] ?? 0) - expected) < 150, counts.join('/'));
});

test('a recipient that was refused the first time is accepted at the retry, one that is always refused never is', () => {
  const behave = behaviourOf(rules);
  for (const address of addresses.slice(0, 500)) {
    const rule = ruleFor(rules, address);
    assert.deepEqual(behave(situation(address)), rule?.fault);
    assert.deepEqual(behave(situation(address)), rule?.when === 'FIRST_TIME' ? undefined : rule?.fault);
  }
});

test('a rule by chance strikes its share of the mails, whoever gets them, and leaves the shares of the others as they are', () => {
  const fault = { at: 'RCPT', do: 'CLOSE' } as const;
  const behave = behaviourOf([{ share: 0.3, when: 'BY_CHANCE', fault }, ...rules], seededRandom(1));
  const struck = addresses.filter((address) => behave(situation(address)) === fault).length;
  const again = addresses.filter((address) => behave(situation(address)) === fault).length;
  for (const count of [struck, again]) assert.ok(Math.abs(count - 3_000) < 200, `${count}`);
  const refused = addresses.find((address) => ruleFor(rules, address) === rules[1])!;
  assert.ok(Array.from({ length: 50 }, () => behave(situation(refused))).some((one) => one?.do === 'REPLY'));
});

test('a rule is silent at every stage but its own', () => {
  const behave = behaviourOf([{ fault: { at: 'GREETING', do: 'CLOSE' } }]);
  assert.equal(behave(situation('a@x.test')), undefined);
  assert.deepEqual(behave({ ...situation(''), stage: 'GREETING' }), { at: 'GREETING', do: 'CLOSE' });
});

test('the share of a text is the same for ever', () => {
  assert.equal(shareOf('user1@example.test').toFixed(6), '0.428116');
});
