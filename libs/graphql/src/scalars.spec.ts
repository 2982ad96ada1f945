import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { parseValue } from 'graphql';
import { scalars } from './scalars.ts';

const { DateTime, BigInt: Whole, EmailAddress } = scalars as Record<string, (typeof scalars)[string]>;

describe('DateTime', () => {
  it('reads back what it has written', () => {
    fc.assert(
      fc.property(fc.date({ noInvalidDate: true, min: new Date(0), max: new Date('9999-12-31T23:59:59Z') }), (date) =>
        assert.deepEqual(DateTime?.parseValue(DateTime.serialize(date)), date),
      ),
    );
  });

  it('understands offsets and small letters', () => {
    for (const text of ['2026-11-24T13:30:00+01:00', '2026-11-24t12:30:00.000z'])
      assert.deepEqual(DateTime?.parseLiteral(parseValue(`"${text}"`)), new Date('2026-11-24T12:30:00Z'));
  });

  it('refuses what names no moment', () => {
    for (const value of [
      '2026-11-24',
      '2026-11-24T12:30:00',
      '2026-02-30T12:00:00Z',
      '2026-13-01T00:00:00Z',
      'soon',
      7,
      null,
    ])
      assert.throws(() => DateTime?.parseValue(value), String(value));
    assert.throws(() => DateTime?.serialize('2026-11-24'));
    assert.throws(() => DateTime?.serialize(new Date(Number.NaN)));
  });
});

describe('BigInt', () => {
  it('is always written as text and read as a number', () => {
    fc.assert(
      fc.property(fc.maxSafeInteger(), (number) => {
        assert.equal(Whole?.serialize(number), String(number));
        assert.equal(Whole?.parseValue(String(number)), number === 0 ? 0 : number);
      }),
    );
    assert.equal(Whole?.serialize(10n ** 20n), '100000000000000000000');
    assert.equal(Whole?.parseLiteral(parseValue('7')), 7);
  });

  it('refuses what is no whole number, or one that would lose digits', () => {
    for (const value of ['1.5', '', 'x', '9007199254740993', '1e3', 1.5, true, null])
      assert.throws(() => Whole?.parseValue(value), String(value));
    for (const value of [1.5, '7', 2 ** 60]) assert.throws(() => Whole?.serialize(value), String(value));
  });
});

describe('EmailAddress', () => {
  it('lets addresses of all the world in and out as they are', () => {
    for (const text of [
      'ada@example.com',
      'x@müller.example',
      '用户@例え.テスト',
      '"a b"@example.com',
      "o'neil@example.com",
    ]) {
      assert.equal(EmailAddress?.parseValue(text), text);
      assert.equal(EmailAddress?.parseLiteral(parseValue(JSON.stringify(text))), text);
      assert.equal(EmailAddress?.serialize(text), text);
    }
  });

  it('leaves to the mutation what its path can tell: no @, two addresses, a line break, one that is too long', () => {
    for (const text of [
      '',
      'ada',
      'a@b.example, c@d.example',
      'a@b.example\r\nBcc: c@d.example',
      `${'a'.repeat(400)}@b.example`,
    ])
      assert.equal(EmailAddress?.parseValue(text), text);
  });

  it('refuses what is no text, or far too much of it, and quotes none of it', () => {
    for (const value of [7, true, null, {}, ['a@b.example'], 'a\ud800@b.example', 'secret@'.repeat(200)])
      assert.throws(
        () => EmailAddress?.parseValue(value),
        (error: Error) => !error.message.includes('secret'),
      );
    assert.throws(() => EmailAddress?.parseLiteral(parseValue('7')));
  });

  it('never fails for an address that is stored, whatever it is', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => assert.equal(EmailAddress?.serialize(text), text)));
  });
});
