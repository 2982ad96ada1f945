import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isAppError } from '@sendpool/kernel';
import fc from 'fast-check';
import MailComposer from 'nodemailer/lib/mail-composer';
import { compileCampaign, type CampaignContent } from './campaign.ts';
import { escapeHtml, parseTemplate, renderTemplate } from './liquid.ts';
import { headerValue, parseMail } from './mime.fixture.ts';

const content = (changes: Partial<CampaignContent> = {}): CampaignContent => ({
  id: '0192f0c1-aaaa-7bbb-8ccc-0123456789ab',
  from: { name: 'Example News', address: 'news@example.test' },
  replyTo: null,
  subject: 'Hello {{ name }}',
  html: '<p>Dear {{ name }}</p>',
  text: 'Dear {{ name }}',
  messageIdDomain: 'mail.example.test',
  secret: 'a secret of enough length',
  ...changes,
});

const recipient = (fields: Record<string, unknown> = {}, email = 'ann@example.test') => ({ number: 7, email, fields });
const wireOf = (changes: Partial<CampaignContent>, fields: Record<string, unknown> = {}): string =>
  compileCampaign(content(changes)).render(recipient(fields)).message;

// eslint-disable-next-line no-control-regex
const inOneLine = (text: string): string => text.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g, ' ');
const oneBreak = (text: string): string => text.toWellFormed().replace(/\r\n|\r|\n/g, '\r\n');

/** Text with everything that can go wrong on the wire. */
const nasty = fc
  .array(
    fc.oneof(
      fc.string({ unit: 'binary', maxLength: 12 }),
      fc.string({ maxLength: 40 }),
      fc.constantFrom(
        '\r\n',
        '\n',
        '\r',
        '.',
        '\r\n.\r\n',
        '..',
        ' ',
        '  ',
        '\t',
        '=',
        '=3D',
        '=\r\n',
        '&<>"\'',
        '{{',
        '€',
        '👍🏽',
      ),
      fc.constantFrom('x'.repeat(200), 'é'.repeat(90), '. '.repeat(60), '\r\nBcc: eve@evil.test\r\n', '\ud800'),
    ),
    { maxLength: 8 },
  )
  .map((parts) => parts.join(''));

const assertWire = (wire: string): void => {
  assert.match(wire, /^[\t\r\n\x20-\x7e]*$/, 'ASCII only');
  assert.ok(wire.endsWith('\r\n'));
  assert.doesNotMatch(wire.replaceAll('\r\n', ''), /[\r\n]/, 'no bare CR or LF');
  const body = wire.slice(wire.indexOf('\r\n\r\n'));
  for (const line of wire.split('\r\n')) {
    assert.ok(line.length <= 998, 'a line of more than 998 characters');
    assert.ok(!line.startsWith('.'), 'a line that begins with a dot');
  }
  for (const line of body.split('\r\n')) assert.ok(line.length <= 76 || line.startsWith('Content-Type'), line);
};

const headerNames = 'From To Subject Date Message-ID X-Sendpool-Campaign MIME-Version Content-Type'.split(' ');

const compose = (mail: { subject: string; html: string; text: string }): Promise<string> =>
  new Promise((resolve, reject) => {
    new MailComposer({ from: 'a@example.test', to: 'b@example.test', ...mail }).compile().build((error, bytes) => {
      if (error) reject(error);
      else resolve(bytes.toString('latin1'));
    });
  });

test('any values come out as they went in, and as nodemailer would have composed them', async () => {
  const template = {
    subject: 'S {{ a }} – {{b}}',
    html: '<p>{{ a }}</p>\n{{ b | raw }}{{c}}\n. {{ a | upcase }} \n{{ n }}',
    text: '{{ a }}{{ b }}\n\n{{c}} \nend {{ b }}',
  };
  const compiled = compileCampaign(content(template));
  await fc.assert(
    fc.asyncProperty(nasty, nasty, nasty, fc.integer(), async (a, b, c, n) => {
      const fields = { a: oneBreak(a), b: oneBreak(b), c: oneBreak(c), n };
      const wire = compiled.render(recipient(fields)).message;
      assertWire(wire);
      const mail = parseMail(wire);
      const escaped = { a: escapeHtml(fields.a), c: escapeHtml(fields.c), up: escapeHtml(fields.a.toUpperCase()) };
      const html = `<p>${escaped.a}</p>\r\n${fields.b}${escaped.c}\r\n. ${escaped.up} \r\n${n}`;
      const text = `${fields.a}${fields.b}\r\n\r\n${fields.c} \r\nend ${fields.b}`;
      const subject = inOneLine(`S ${fields.a} – ${fields.b}`);
      assert.deepEqual(
        mail.headers.map(({ name }) => name),
        headerNames,
      );
      assert.equal(headerValue(mail, 'Subject'), subject);
      assert.deepEqual(mail.parts, { 'text/plain': text, 'text/html': html });
      const oracle = parseMail(await compose({ subject, html, text }));
      assert.equal(oneBreak(oracle.parts['text/html'] ?? ''), html);
      assert.equal(oneBreak(oracle.parts['text/plain'] ?? ''), text);
    }),
    { numRuns: 300 },
  );
});

test('a template with tags comes out as Liquid renders it', () => {
  const html =
    '{% if a %}<b>{{ a }}</b>{% else %}nobody{% endif %}\n{% for i in (1..3) %}{{ i }},{{ b }}\n{% endfor %}';
  const compiled = compileCampaign(content({ html, text: null, subject: '{% if a %}{{ a }}{% endif %}' }));
  fc.assert(
    fc.property(nasty, nasty, (a, b) => {
      const fields = { a, b };
      const wire = compiled.render(recipient(fields)).message;
      assertWire(wire);
      const mail = parseMail(wire);
      const expected = oneBreak(renderTemplate(parseTemplate(html, 'HTML'), fields));
      assert.equal(mail.parts['text/html'], `${expected}\r\n`);
      assert.equal(headerValue(mail, 'Subject'), inOneLine(a.toWellFormed()));
    }),
    { numRuns: 200 },
  );
});

test('no field can add a header or a recipient', () => {
  for (const payload of [
    'x\r\nBcc: eve@evil.test',
    'x\nBcc: eve@evil.test',
    'x\rBcc: e@e.test',
    'x\r\n\r\n<h1>',
    '\u2028Bcc: x',
    'x\u0000\u0085Bcc: y',
  ]) {
    const wire = wireOf({}, { name: payload });
    const mail = parseMail(wire);
    assert.deepEqual(
      mail.headers.map(({ name }) => name),
      headerNames,
    );
    assert.equal(headerValue(mail, 'To'), 'ann@example.test');
  }
});

test('recipients and senders that are not exactly one address are refused', () => {
  const compiled = compileCampaign(content());
  const bad = ['a@x.test,b@x.test', 'a@x.test\r\nBcc: e@x.test', 'Ann <a@x.test>', 'a@x.test;b@x.test', 'nobody', ''];
  for (const email of bad) {
    assert.throws(
      () => compiled.render(recipient({}, email)),
      (error) => isAppError(error, 'BAD_INPUT'),
    );
    assert.throws(
      () => compileCampaign(content({ replyTo: email })),
      (error) => isAppError(error, 'BAD_INPUT'),
    );
    assert.throws(
      () => compileCampaign(content({ from: { name: 'x', address: email } })),
      (error) => isAppError(error, 'BAD_INPUT'),
    );
  }
});

test('a sender name of any text stays one mailbox', () => {
  for (const name of [
    'Müller & Söhne',
    'Doe, Jane',
    'say "hi" \\',
    'x\r\nBcc: e@x.test',
    '=?UTF-8?B?eA==?=',
    'é'.repeat(100),
    '',
  ]) {
    const mail = parseMail(wireOf({ from: { name, address: 'news@example.test' } }));
    assert.deepEqual(
      mail.headers.map((header) => header.name),
      headerNames,
    );
    const value = headerValue(mail, 'From');
    const plain = value
      .replace(/ ?<?news@example\.test>?$/, '')
      .replace(/^"(.*)"$/, '$1')
      .replace(/\\(.)/g, '$1');
    assert.equal(plain, inOneLine(name));
  }
});

const id = (changes: Partial<CampaignContent>, number: number): string =>
  compileCampaign(content(changes)).render({ ...recipient(), number }).messageId;

test('the Message-ID depends on campaign, recipient and secret, and on nothing else', () => {
  assert.equal(id({}, 1), id({ subject: 'other', text: null }, 1));
  const ids = [id({}, 1), id({}, 2), id({ id: 'other' }, 1), id({ secret: 'another secret of length' }, 1)];
  assert.equal(new Set(ids).size, 4);
  assert.match(ids[0] ?? '', /^<[A-Za-z0-9_-]{27}@mail\.example\.test>$/);
  assert.equal(headerValue(parseMail(wireOf({})), 'Message-ID'), id({}, 7));
});
