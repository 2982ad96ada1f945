import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { ruleFor } from './classify.ts';
import { replyRules, type ReplyRule } from './reply-rules.ts';
import { parseReply } from './reply.ts';

const page = new URL('../../../docs/reply-classes.md', import.meta.url);

const conditions = ({ code, enhanced, words, stage }: ReplyRule): string =>
  [
    ...(stage === undefined ? [] : [stage === 'RCPT' ? 'to RCPT' : 'after RCPT']),
    ...(code === undefined ? [] : [`code \`${code.source}\``]),
    ...(enhanced === undefined ? [] : [`status \`${enhanced.source}\``]),
    ...(words === undefined ? [] : [`text \`${words.source}\``]),
  ].join(', ');

const lineOf = (rule: ReplyRule): string => `- \`${rule.id}\`: ${rule.means} ${rule.reason} when ${conditions(rule)}`;

test('docs/reply-classes.md shows the table, row by row and in its order', () => {
  const [, table = ''] = readFileSync(page, 'utf8').split('## The table');
  const lines = table.split('\n').filter((line) => line.startsWith('- `'));
  assert.deepEqual(lines, replyRules.map(lineOf));
});

test('each row has an id of its own', () => {
  assert.equal(new Set(replyRules.map(({ id }) => id)).size, replyRules.length);
});

/** The stage is RCPT where none is named. */
const examples: Readonly<Record<string, string>> = {
  greylist: '450 4.7.1 Greylisted, try again in 300 seconds',
  'mailbox-rate': '550 5.2.1 the user is receiving mail at a rate that prevents more',
  'code-421': '421 4.7.0 closing',
  'code-454': '454 4.7.0 later',
  'code-login': '530 5.7.0 log in first',
  'mailbox-rate-status': '450 4.2.1 too many messages',
  'one-mailbox': '452 4.2.2 The mailbox storage limit has been reached',
  'one-message': '452 4.3.4 message size limit exceeded',
  'one-mailbox-words': '452 mailbox size limit exceeded',
  'one-route': '451 4.4.3 too many DNS lookups for domain',
  'rate-later': '452 4.5.3 too many recipients',
  'rate-refused': '550 Connection frequency limited',
  'words-block-list': '550 5.1.1 blocked using spamhaus',
  'words-server-blocked': '550 5.1.1 your IP 192.0.2.1 is blocked',
  'words-sender-auth': '550 5.7.26 fails DMARC',
  'words-spam': '554 5.7.1 looks like spam',
  'words-own-account': '550 your account is suspended',
  'words-virus': '550 a virus was found',
  'words-relay': '554 5.7.1 Relay access denied',
  'words-sender': '550 5.1.0 Sender address rejected',
  'status-sender': '550 5.1.8 no',
  'status-policy': '550 5.7.1 user unknown',
  'words-full': '550 5.1.1 Mailbox full',
  'words-large': '552 message too large',
  'words-disabled': '550 5.1.1 this account is disabled',
  'words-no-domain': '550 5.1.1 host unknown',
  'words-unknown': '550 5.5.0 User unknown',
  'words-connection': '550 5.4.316 message expired',
  'status-address': '550 5.1.1 no',
  'status-disabled': '550 5.2.1 no',
  'status-full': '552 5.2.2 no',
  'status-large': '552 5.3.4 no',
  'status-loop': '554 5.4.6 no',
  'status-route': '550 5.4.4 no',
  'status-content': '554 5.6.0 no',
  'code-no-mail': '521 no',
  'words-trouble': '554 5.3.0 internal system error',
  'words-policy': '550 access denied',
  'status-mailbox': '550 5.2.0 no',
  'status-system': '554 5.3.0 no',
  'status-protocol': '554 5.5.1 no',
  'code-full': '552 no',
  'code-protocol': '501 no',
  'code-address': '550 no',
  'code-later': '451 no',
  'code-content': 'END_OF_DATA 554 no',
  'code-refused': '554 no',
};

test('every row has a reply that reaches it: none is hidden by the ones before it', () => {
  const ids = replyRules.map(({ id }) => id);
  const reached = ids.map((id) => {
    const example = examples[id] ?? '';
    const [stage, response] = example.startsWith('END_OF_DATA ')
      ? (['END_OF_DATA', example.slice(12)] as const)
      : (['RCPT', example] as const);
    return ruleFor(stage, parseReply(response)).id;
  });
  assert.deepEqual(reached, ids);
  assert.deepEqual(Object.keys(examples), ids);
});
