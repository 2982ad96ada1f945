import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isAppError } from '@sendpool/kernel';
import { checkTemplates, compileCampaign, type CampaignContent } from './campaign.ts';
import { parseMail } from './mime.fixture.ts';

const content = (html: string | null, text: string | null): CampaignContent => ({
  id: 'c1',
  from: { name: '', address: 'news@example.test' },
  replyTo: null,
  subject: 'Hello',
  html,
  text,
  messageIdDomain: 'mail.example.test',
  secret: 'a secret of enough length',
});

const partsOf = (html: string | null, text: string | null, fields: Record<string, unknown>) =>
  parseMail(compileCampaign(content(html, text)).render({ number: 1, email: 'ann@example.test', fields }).message)
    .parts;

test('unknown variables render as nothing, and inherited properties are unknown', () => {
  const text = '[{{ missing }}{{ constructor }}{{ a.constructor.name }}{{ toString }}{{ __proto__ }}]';
  assert.deepEqual(partsOf(null, text, { a: 'x' }), { 'text/plain': '[]\r\n' });
});

test('values are escaped in html, unless their last filter is raw, and never in text', () => {
  const parts = partsOf('{{ name }}|{{ name | raw }}|{{ name | upcase }}', '{{ name }}', { name: '<i>' });
  assert.deepEqual(parts, { 'text/plain': '<i>', 'text/html': '&lt;i&gt;|<i>|&lt;I&gt;' });
});

test('numbers, switches, lists and objects render as Liquid renders them', () => {
  const parts = partsOf(null, '{{ n }} {{ yes }} {{ list }} {{ deep.a }} {{ nothing }}.', {
    n: 1.5,
    yes: true,
    list: ['a', 1],
    deep: { a: 'b' },
    nothing: null,
  });
  assert.deepEqual(parts, { 'text/plain': '1.5 true a1 b .\r\n' });
});

test('faults of a template name the template, the line and the reason', () => {
  const errors = checkTemplates({ subject: 'Hi {{ name', html: 'a\n{% if x %}', text: 'a\n\n{{ x | nofilter }}' });
  assert.deepEqual(
    errors.map(({ path, code }) => [path[0], code]),
    [
      ['subject', 'BAD_INPUT'],
      ['html', 'BAD_INPUT'],
      ['text', 'BAD_INPUT'],
    ],
  );
  assert.match(errors[1]?.message ?? '', /^html, line 2: .*not closed/);
  assert.match(errors[2]?.message ?? '', /^text, line 3: .*nofilter/);
  assert.deepEqual(checkTemplates({ subject: 'x', html: null, text: 'y' }), []);
  assert.equal(checkTemplates({ subject: 'x', html: null, text: null }).length, 1);
  assert.throws(
    () => compileCampaign(content('{% if', null)),
    (error) => isAppError(error, 'BAD_INPUT'),
  );
});

test('templates reach no file and cannot write past the escaping', () => {
  for (const tag of [
    'include "a"',
    'render "/etc/passwd"',
    'layout "a"',
    'block a',
    'echo a',
    'liquid echo a',
    'cycle a, b',
    'tablerow i in a',
  ])
    assert.equal(checkTemplates({ subject: 's', html: `{% ${tag} %}`, text: null }).length, 1, tag);
});

test('a template that would not end in time or size is stopped', () => {
  const loop =
    '{% for a in (1..1000) %}{% for b in (1..1000) %}{% for c in (1..1000) %}x{% endfor %}{% endfor %}{% endfor %}';
  const wide = `{% for a in (1..5000) %}${'y'.repeat(5_000)}{% endfor %}`;
  for (const html of [loop, wide, '{{ (1..100000000) | join }}'])
    assert.equal(checkTemplates({ subject: 's', html, text: null }).length, 1);
});

const messageOf = (html: string) => checkTemplates({ subject: 's', html, text: null })[0]?.message ?? '';

test('a template that is stopped says what to change, not what the engine says', () => {
  const nested = '{% if a %}'.repeat(5000) + '{% endif %}'.repeat(5000);
  assert.match(messageOf('{% for i in (1..1000000000) %}{% endfor %}'), /^html, line 1: .*memory: make its loops/);
  assert.match(messageOf('{% for i in (1..9999) %}'.repeat(3) + '{% endfor %}'.repeat(3)), /250 ms: make its loops/);
  assert.match(messageOf(nested), /nested too deeply/);
});

test('a template of very many outputs is refused before the engine reads it: it would take ten seconds for half a megabyte', () => {
  const begin = performance.now();
  const [fault] = checkTemplates({ subject: 's', html: '{{a}}'.repeat(100_000), text: null });
  assert.equal(fault?.message, 'html: it has more than 10000 outputs and tags');
  assert.ok(performance.now() - begin < 500);
  assert.deepEqual(checkTemplates({ subject: 's', html: 'a {{a}} '.repeat(10_000), text: null }), []);
});
