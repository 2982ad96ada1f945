import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { checkWebhookUrl } from './webhook-url.ts';

const hrefOf = (text: string, allowPrivate = false): string | undefined => {
  const url = checkWebhookUrl(text, allowPrivate);
  return url.ok ? url.value.href : undefined;
};

const refused = [
  '',
  'example.com',
  'http://example.com/',
  'ftp://example.com/',
  'javascript:alert(1)',
  'file:///etc/passwd',
  'https://',
  'https://user@example.com/',
  'https://user:password@example.com/',
  'https://:password@example.com/',
  'https://example.com/#part',
  `https://example.com/${'x'.repeat(2000)}`,
  'https://127.0.0.1/',
  'https://127.1/',
  'https://2130706433/',
  'https://0x7f000001/',
  'https://0177.0.0.1/',
  'https://0/',
  'https://10.0.0.1/',
  'https://172.16.9.1/',
  'https://192.168.1.1/',
  'https://169.254.169.254/latest/meta-data/',
  'https://100.64.0.1/',
  'https://[::1]/',
  'https://[::]/',
  'https://[fe80::1]/',
  'https://[fd00::1]/',
  'https://[::ffff:10.0.0.1]/',
  'https://[::ffff:a9fe:a9fe]/',
  'https://[64:ff9b::7f00:1]/',
  'https://[fd00:ec2::254]/',
  'https://１２７.０.０.１/',
  'https://example.com:99999/',
  'https://example.com:22/',
  'https://example.com:25/',
  'https://example.com:80/',
  'https://example.com:1023/',
  'https://example.com:0/',
];

describe('the URL of a webhook', () => {
  for (const text of refused) it(`is not ${text.slice(0, 60)}`, () => assert.equal(hrefOf(text), undefined));
  for (const text of ['http://example.com/', 'http://127.evil.example/', 'http://10.0.0.1/', 'https://me@127.0.0.1/'])
    it(`is not ${text} either where private addresses are allowed`, () => assert.equal(hrefOf(text, true), undefined));

  it('of this machine is refused in words that name the variable for development', () => {
    for (const text of ['http://localhost:4811/', 'https://127.0.0.1:4811/']) {
      const url = checkWebhookUrl(text, false);
      assert.match(url.ok ? '' : url.errors[0]!.message, /WEBHOOK_ALLOW_PRIVATE=true/, text);
    }
  });

  it('is HTTPS to the internet, in its normal form', () => {
    assert.equal(hrefOf('https://Example.com'), 'https://example.com/');
    assert.equal(hrefOf('https://example.com:8443/hook?key=1'), 'https://example.com:8443/hook?key=1');
    assert.equal(hrefOf('https://example.com:443/'), 'https://example.com/');
    assert.equal(hrefOf('https://example.com:1024/'), 'https://example.com:1024/');
    assert.equal(hrefOf('https://8.8.8.8/'), 'https://8.8.8.8/');
    assert.equal(hrefOf('https://müller.example/'), 'https://xn--mller-kva.example/');
  });

  it('may lead to private addresses in development, and to this machine without TLS', () => {
    assert.equal(hrefOf('http://127.0.0.1:9000/', true), 'http://127.0.0.1:9000/');
    assert.equal(hrefOf('http://localhost/', true), 'http://localhost/');
    assert.equal(hrefOf('http://[::1]/', true), 'http://[::1]/');
    assert.equal(hrefOf('https://10.0.0.1/', true), 'https://10.0.0.1/');
  });
});
