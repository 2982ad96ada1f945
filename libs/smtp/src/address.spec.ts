import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseAddress } from './address.ts';

test('ordinary addresses pass, with the domain in lower case and the local part as written', () => {
  for (const [text, address] of [
    ['ann@example.test', 'ann@example.test'],
    ['  Ann.Lee+x@EXAMPLE.Test\t', 'Ann.Lee+x@example.test'],
    ["o'neil!#$%&*/=?^_`{|}~@a-b.example", "o'neil!#$%&*/=?^_`{|}~@a-b.example"],
    ['x@müller.example', 'x@xn--mller-kva.example'],
    ['x@例え.テスト', 'x@xn--r8jz45g.xn--zckzah'],
    ['a@xn--mller-kva.example', 'a@xn--mller-kva.example'],
  ]) {
    const parsed = parseAddress(text ?? '');
    assert.deepEqual(parsed, { ok: true, address, domain: address?.split('@')[1] });
  }
});

const notAddresses = [
  ' |@|a@|@b.test|a@b@c.test|a b@c.test|a@b|a@localhost|a..b@c.test|.a@c.test|a.@c.test'.split('|'),
  'a@b.test,c@d.test|a@b.test;c@d.test|a@b.test c@d.test|Ann <a@b.test>|<a@b.test>|"a b"@c.test|a(x)@b.test'.split('|'),
  'a@b.test\r\nRCPT TO:<e@x.test>|a\n@b.test|a@b.test\0|a\u2028@b.test|a@b.test\u0085'.split('|'),
  'a@[127.0.0.1]|a@127.0.0.1|a@1.2|a@-b.test|a@b-.test|a@b..test|a@b.test.|a@b_c.test|é@b.test'.split('|'),
  'a@ex%61mple.test%0d%0a|a@b。\u00ad.|a@b.test> SIZE=1|a@b.test/x|a@b.test:25|a\\@b.test'.split('|'),
  ['', `${'a'.repeat(65)}@b.test`, `a@${'b'.repeat(64)}.test`, `a@${'b.'.repeat(140)}test`],
].flat();

test('an address has up to 254 octets', () => {
  const address = `${'a'.repeat(64)}@${'b.'.repeat(93)}te`;
  assert.equal(address.length, 253);
  assert.equal(parseAddress(`${address}s`).ok, true);
  assert.equal(parseAddress(`${address}st`).ok, false);
});

test('whatever is not exactly one address is refused', () => {
  for (const text of notAddresses) assert.equal(parseAddress(text).ok, false, JSON.stringify(text));
  const injected = parseAddress('a@b.test\r\nRCPT TO:<e@x.test>');
  assert.match(injected.ok ? '' : injected.reason, /line break/);
});

test('what passes is safe on a command line and in a header, whatever went in', () => {
  const shape = /^[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}@[a-z0-9.-]{3,253}$/;
  const soup = fc.string({
    unit: fc.constantFrom(
      'a',
      'B',
      '.',
      '@',
      '-',
      ',',
      ' ',
      '\r',
      '\n',
      '<',
      '>',
      'ü',
      '％',
      '＠',
      '。',
      '\0',
      '"',
      '1',
    ),
    maxLength: 14,
  });
  fc.assert(
    fc.property(
      fc.oneof(
        soup,
        fc.tuple(soup, soup).map((pair) => pair.join('@')),
        fc.string({ unit: 'binary' }),
        fc.emailAddress(),
      ),
      (text) => {
        const parsed = parseAddress(text);
        if (!parsed.ok) return;
        assert.match(parsed.address, shape);
        assert.deepEqual(parseAddress(parsed.address), parsed);
      },
    ),
    { numRuns: 3_000 },
  );
});
