import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { withFinalDot } from './transaction.ts';

/** What a server keeps of the content (RFC 5321, 4.5.2). */
const received = (wire: string): string => {
  assert.ok(wire.endsWith('.\r\n'));
  const lines = wire.slice(0, -3).split('\r\n');
  assert.equal(lines.pop(), '', 'the final dot stands on a line of its own');
  assert.ok(!lines.includes('.'), 'the content ends nowhere before its end');
  return lines.map((line) => `${line.startsWith('.') ? line.slice(1) : line}\r\n`).join('');
};

test('content arrives as it was, whatever dots it holds', () => {
  const line = fc.stringMatching(/^[.a\t ]{0,4}$/);
  fc.assert(
    fc.property(fc.array(line, { maxLength: 6 }), (lines) => {
      const content = lines.map((one) => `${one}\r\n`).join('');
      assert.equal(received(withFinalDot(content)), content);
    }),
  );
});

test('a line feed or a carriage return alone becomes CRLF, so that no server finds an end that is none', () => {
  const piece = fc.constantFrom('\r', '\n', '\r\n', '.', 'a');
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
      const content = pieces.join('');
      const wire = withFinalDot(content);
      assert.doesNotMatch(wire, /\r(?!\n)|(?<!\r)\n/);
      const lines = content.split(/\r\n|\r|\n/);
      if (lines.at(-1) === '') lines.pop();
      assert.equal(received(wire), lines.map((one) => `${one}\r\n`).join(''));
    }),
  );
});
