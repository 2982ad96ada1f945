import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isAppError } from '@sendpool/kernel';
import fc from 'fast-check';
import { compileCampaign } from './campaign.ts';
import { headerValue, parseMail } from './mime.fixture.ts';
import { previewMail } from './preview.ts';

const templates = {
  subject: 'S {{ a }} – {{b}}',
  html: '<p>{{ a }}</p>\n{{ b | raw }}\n. {{ a | upcase }} \n{{ email }}',
  text: '{% if a %}{{ a }}{% endif %}{{ b }}\n\n.{{ b }} \nend',
};
const email = 'ann@example.test';
const content = {
  id: 'c1',
  from: { name: '', address: 'news@example.test' },
  replyTo: null,
  messageIdDomain: 'mail.example.test',
  secret: 'a secret of enough length',
};

/** What a receiver reads of the mail that goes over the wire. */
const received = (fields: Record<string, unknown>) => {
  const mail = parseMail(compileCampaign({ ...content, ...templates }).render({ number: 1, email, fields }).message);
  return {
    subject: headerValue(mail, 'Subject'),
    html: mail.parts['text/html'],
    text: mail.parts['text/plain'],
  };
};

const value = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 80 }),
  fc.constantFrom('', ' ', '=3D', '=?UTF-8?B?eA==?=', '\r\n.\r\n', 'é'.repeat(90), 'word '.repeat(60), '<b>', '\ud800'),
);

test('a preview is what a receiver reads of the mail, whatever the fields hold', () => {
  fc.assert(
    fc.property(value, value, (a, b) => {
      const { missingFields, ...preview } = previewMail(templates, { email, fields: { a, b } });
      assert.deepEqual([preview, missingFields], [received({ a, b }), []]);
    }),
    { numRuns: 300 },
  );
});

test('a long subject that is folded on the wire is one line in the preview', () => {
  const subject = 'one two three four five '.repeat(8).trim();
  assert.equal(previewMail({ ...templates, subject }, { email, fields: {} }).subject, subject);
});

test('a part that the campaign has not is null', () => {
  const preview = previewMail({ subject: 's', html: null, text: 'Hi' }, { email, fields: {} });
  assert.deepEqual(preview, { subject: 's', html: null, text: 'Hi', missingFields: [] });
});

test('fields that were looked up and are not there are named once, and what the template sets itself is not', () => {
  const text =
    '{% assign own = 1 %}{% for x in list %}{{ x }}{{ forloop.index }}{% endfor %}{{ own }}{{ a }}{{ "word" }}{{ email }}' +
    '{% if nothing %}{{ not_read }}{% endif %}{{ name | default: "there" }}{{ constructor }}';
  const { missingFields } = previewMail(
    { subject: 'Hi {{ name }}', html: null, text },
    { email, fields: { a: 'x', list: ['y'] } },
  );
  assert.deepEqual(missingFields, ['name', 'nothing', 'constructor']);
  const many = Array.from({ length: 300 }, (_, n) => `{{ f${n} }}`).join('');
  assert.equal(previewMail({ subject: 's', html: many, text: null }, { email, fields: {} }).missingFields.length, 100);
});

const faultOf = (html: string, fields: Record<string, unknown> = {}): string => {
  try {
    previewMail({ subject: 's', html, text: null }, { email, fields });
    return 'none';
  } catch (error) {
    return isAppError(error, 'BAD_INPUT') ? error.message : String(error);
  }
};

test('what would keep the mail from being sent keeps it from being shown, with template and line', () => {
  assert.match(faultOf('a\n{{ a | nofilter }}'), /^html, line 2: .*nofilter/);
  assert.match(faultOf('{% for i in (1..9999) %}'.repeat(3) + '{% endfor %}'.repeat(3)), /^html, line 1: .*250 ms/);
  assert.equal(faultOf('{{a}}'.repeat(2000), { a: '<'.repeat(16_000) }), 'html: its values are too long');
});
