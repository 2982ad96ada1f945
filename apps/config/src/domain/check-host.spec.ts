import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { checkFromDomain, checkHost } from './check-host.ts';

const value = (checked: ReturnType<typeof checkHost>) => (checked.ok ? checked.value : undefined);

describe('checkHost', () => {
  const good = [
    ['smtp.example.com', 'smtp.example.com'],
    ['SMTP.Example.COM.', 'smtp.example.com'],
    ['localhost', 'localhost'],
    ['bücher.example', 'xn--bcher-kva.example'],
    ['127.0.0.1', '127.0.0.1'],
    ['2001:DB8::1', '2001:db8::1'],
  ];
  for (const [text, expected] of good)
    it(`takes ${text} as ${expected}`, () => assert.equal(value(checkHost(text!)), expected));

  const refused = [
    '',
    ' ',
    'smtp.example.com ',
    'smtp://example.com',
    'example.com:25',
    'example.com/path',
    'user@example.com',
    'a\r\nb.example.com',
    'a\u0000.example.com',
    '-a.example.com',
    'a..example.com',
    'under_score.example.com',
    `${'a'.repeat(64)}.example.com`,
    `${'abcdefgh.'.repeat(30)}com`,
    '2130706433',
    '0x7f.1',
    '127.1',
    '[::1]',
    'fe80::1%eth0',
    '*.example.com',
  ];
  for (const text of refused)
    it(`refuses ${JSON.stringify(text).slice(0, 40)}`, () => assert.equal(checkHost(text).ok, false));
});

describe('checkFromDomain', () => {
  it('takes exact domains and wildcards in A-labels', () => {
    assert.equal(value(checkFromDomain('Example.com')), 'example.com');
    assert.equal(value(checkFromDomain('*.Bücher.example')), '*.xn--bcher-kva.example');
  });
  for (const text of [
    '',
    '*',
    '*.',
    '*.com',
    'com',
    'a.*.com',
    '**.example.com',
    'me@example.com',
    '10.0.0.1',
    'a b.com',
  ])
    it(`refuses ${JSON.stringify(text)}`, () => assert.equal(checkFromDomain(text).ok, false));
});
