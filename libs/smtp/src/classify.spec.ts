import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SmtpStage } from '@sendpool/contracts';
import { classifyOpening, classifyRefusal } from './classify.ts';
import { parseReply } from './reply.ts';

const shape = (stage: SmtpStage, response: string): string => {
  const refusal = classifyRefusal(stage, parseReply(response));
  return refusal.kind === 'SERVER_FAILURE'
    ? refusal.failure
    : `${refusal.kind} ${refusal.bounceClass} ${refusal.reason}`;
};

test('replies are read with code, enhanced status and text, from one line or many', () => {
  assert.deepEqual(parseReply('250 2.0.0 Ok: queued'), { code: 250, enhanced: '2.0.0', text: 'Ok: queued' });
  assert.deepEqual(parseReply('550-5.1.1 no such\n550 5.1.1 user'), {
    code: 550,
    enhanced: '5.1.1',
    text: 'no such user',
  });
  assert.deepEqual(parseReply('550 1.2.3.4 is listed'), { code: 550, enhanced: null, text: '1.2.3.4 is listed' });
  assert.deepEqual(parseReply('250'), { code: 250, enhanced: null, text: '' });
  assert.deepEqual(parseReply('garbage'), { code: 0, enhanced: null, text: 'garbage' });
  assert.equal(parseReply(`550 ${'x'.repeat(500)}`).text.length, 200);
});

for (const [stage, response, expected] of [
  ['MAIL', '451 4.3.0 later', 'THROTTLE'],
  ['MAIL', '550 5.7.1 sender denied', 'SENDER_REFUSED'],
  ['MAIL', '530 5.7.0 Authentication required', 'AUTH'],
  ['RCPT', '450 4.2.0 try later', 'DEFERRED SOFT MAILBOX_BUSY'],
  ['RCPT', '451 4.7.1 Greylisted, too many new senders', 'DEFERRED SOFT GREYLISTED'],
  ['RCPT', '450 4.2.1 user is receiving mail at too high a rate', 'DEFERRED SOFT MAILBOX_BUSY'],
  ['RCPT', '452 4.2.2 mailbox full', 'DEFERRED SOFT MAILBOX_FULL'],
  ['RCPT', '451 4.7.1 policy', 'DEFERRED SOFT POLICY'],
  ['RCPT', '451 temporarily unable to generate an answer', 'DEFERRED SOFT TEMPORARY'],
  ['RCPT', '421 4.7.0 bye', 'THROTTLE'],
  ['RCPT', '450 4.7.1 too many recipients from you', 'THROTTLE'],
  ['RCPT', '550 5.1.1 no', 'BOUNCED HARD MAILBOX_UNKNOWN'],
  ['RCPT', '550 5.1.8 bad sender domain', 'BOUNCED BLOCK SENDER_ADDRESS'],
  ['RCPT', '550 5.2.1 disabled', 'BOUNCED HARD MAILBOX_DISABLED'],
  ['RCPT', '552 5.2.2 full', 'BOUNCED SOFT MAILBOX_FULL'],
  ['RCPT', '550 5.4.1 recipient rejected', 'BOUNCED HARD DOMAIN_UNREACHABLE'],
  ['RCPT', '550 5.7.1 relaying denied', 'BOUNCED BLOCK POLICY'],
  ['RCPT', '550 5.0.0 User unknown', 'BOUNCED HARD MAILBOX_UNKNOWN'],
  ['RCPT', '550 No such user here', 'BOUNCED HARD MAILBOX_UNKNOWN'],
  ['RCPT', '554 blocked by Spamhaus', 'BOUNCED BLOCK SPAM_OR_REPUTATION'],
  ['RCPT', '550 nope', 'BOUNCED HARD MAILBOX_UNKNOWN'],
  ['RCPT', '554 nope', 'BOUNCED BLOCK REFUSED'],
  ['DATA', '451 4.3.0 later', 'DEFERRED SOFT TEMPORARY'],
  ['DATA', '503 bad sequence', 'BOUNCED SOFT PROTOCOL'],
  ['END_OF_DATA', '554 nope', 'BOUNCED BLOCK CONTENT'],
  ['END_OF_DATA', '550 5.7.1 spam', 'BOUNCED BLOCK SPAM_OR_REPUTATION'],
  ['END_OF_DATA', '550 5.7.1 no', 'BOUNCED BLOCK POLICY'],
  ['END_OF_DATA', '552 5.3.4 too big', 'BOUNCED SOFT TOO_LARGE'],
  ['RCPT', '550 5.1.1 <a@b.example> blocked using spamhaus', 'BOUNCED BLOCK SPAM_OR_REPUTATION'],
  ['RCPT', '550 5.1.1 your IP 192.0.2.1 is blocked', 'BOUNCED BLOCK SPAM_OR_REPUTATION'],
  ['RCPT', '550 5.1.1 Mailbox full', 'BOUNCED SOFT MAILBOX_FULL'],
  ['RCPT', '550 5.7.1 User unknown', 'BOUNCED BLOCK POLICY'],
  ['RCPT', '550 5.7.509 Access denied, sending domain does not pass DMARC verification', 'BOUNCED BLOCK SENDER_AUTH'],
  ['RCPT', '550 5.1.1 <spam@example.com>: user unknown', 'BOUNCED HARD MAILBOX_UNKNOWN'],
  ['RCPT', '550 Connection frequency limited', 'THROTTLE'],
  ['RCPT', '550 5.5.0 User unknown', 'BOUNCED HARD MAILBOX_UNKNOWN'],
  ['RCPT', '550 your message to this recipient has been blocked', 'BOUNCED BLOCK POLICY'],
  ['RCPT', '554 Your account has been suspended', 'BOUNCED BLOCK POLICY'],
  ['RCPT', '554 Transaction failed', 'BOUNCED SOFT TEMPORARY'],
  ['RCPT', '521 example.com does not accept mail', 'BOUNCED HARD DOMAIN_UNREACHABLE'],
  ['RCPT', '421 4.7.1 Greylisted, try again later', 'DEFERRED SOFT GREYLISTED'],
  ['RCPT', '451 4.7.1 Sending rate exceeded, try again later', 'THROTTLE'],
  ['RCPT', '450 4.7.1 daily limit reached', 'THROTTLE'],
  ['RCPT', '451 4.7.500 Server busy. Please try again later from [192.0.2.1]', 'THROTTLE'],
  ['RCPT', '550 5.4.5 Daily sending quota exceeded', 'THROTTLE'],
  ['RCPT', '554 Message rejected: Email address is not verified', 'BOUNCED BLOCK POLICY'],
  ['RCPT', '451 4.7.1 blocked using spamhaus', 'DEFERRED SOFT SPAM_OR_REPUTATION'],
  [
    'RCPT',
    '550-5.2.1 The user you are trying to contact is receiving mail at a rate that',
    'BOUNCED SOFT MAILBOX_BUSY',
  ],
  ['END_OF_DATA', '550 5.6.0 bad MIME', 'BOUNCED BLOCK CONTENT'],
  ['END_OF_DATA', '454 Throttling failure: Maximum sending rate exceeded', 'THROTTLE'],
  ['END_OF_DATA', '451 4.3.0 queue file write error', 'DEFERRED SOFT TEMPORARY'],
  ['END_OF_DATA', '251 odd', 'CONNECTION'],
] as const)
  test(`${stage} ${response}: ${expected}`, () => {
    assert.equal(shape(stage, response), expected);
  });

test('a 421 is never a bounce, at no stage and with no text', () => {
  for (const stage of ['MAIL', 'RCPT', 'DATA', 'CONTENT', 'END_OF_DATA'] as const)
    for (const text of ['421 bye', '421 5.1.1 user unknown', '421 4.7.0 blocked using spamhaus'])
      assert.equal(shape(stage, text), 'THROTTLE');
});

test('a status of 5.7.x counts against the server and never against the address, whatever the text says', () => {
  for (const text of ['user unknown', 'no such mailbox', 'account disabled', 'host not found', ''])
    for (const detail of [0, 1, 26, 509]) assert.match(shape('RCPT', `550 5.7.${detail} ${text}`), /^BOUNCED BLOCK/);
});

test('the row that decided and the time that was asked for come with the refusal', () => {
  const refusal = classifyRefusal('RCPT', parseReply('450 4.2.0 Greylisted, try again in 5 minutes'));
  const judged = { kind: 'DEFERRED', bounceClass: 'SOFT', reason: 'GREYLISTED' };
  assert.deepEqual(refusal, { ...judged, rule: 'greylist', retryAfterMs: 300_000 });
  const slower = classifyRefusal('RCPT', parseReply('451 too many messages, retry in 30 seconds'));
  assert.deepEqual(slower, { kind: 'SERVER_FAILURE', failure: 'THROTTLE', retryAfterMs: 30_000 });
  const bounce = classifyRefusal('RCPT', parseReply('550 5.1.1 no'));
  assert.deepEqual(bounce, { kind: 'BOUNCED', bounceClass: 'HARD', reason: 'MAILBOX_UNKNOWN', rule: 'status-address' });
});

const kind = (stage: SmtpStage, response: string | null) =>
  classifyOpening(stage, response === null ? null : parseReply(response));

test('a connection that cannot be opened is throttled, refused by login, or simply failed', () => {
  assert.equal(kind('GREETING', '421 4.3.2 busy'), 'THROTTLE');
  assert.equal(kind('GREETING', '554 5.7.1 no'), 'CONNECTION');
  assert.equal(kind('AUTH', '535 5.7.8 no'), 'AUTH');
  assert.equal(kind('AUTH', '504 5.5.4 mechanism'), 'AUTH');
  assert.equal(kind('AUTH', '454 4.7.0 later'), 'THROTTLE');
  assert.equal(kind('CONNECT', null), 'CONNECTION');
});
