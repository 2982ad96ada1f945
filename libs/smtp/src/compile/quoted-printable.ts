/** Quoted-printable (RFC 2045, 6.7) for text that is put together from pieces: lines of at most 76 characters, no line begins with a dot. */

/** One less than 76: a soft line break may follow any line. */
const width = 75;
const safeLine = /^[\t\x20-\x3c\x3e-\x7e]*$/;
const runs = /[\t\x20-\x3c\x3e-\x7e]+|[^\t\x20-\x3c\x3e-\x7e]+/g;
const blankEnd = /[\t ]$/;
const softBreak = '=\r\n';

const hex = Array.from({ length: 256 }, (_unused, byte) => `=${byte.toString(16).toUpperCase().padStart(2, '0')}`);

type Line = { text: string; column: number };

const put = (line: Line, token: string): void => {
  if (line.column + token.length > width) {
    line.text += softBreak;
    line.column = 0;
  }
  line.text += token;
  line.column += token.length;
};

/** A run of characters that may stand as they are, except a dot at the begin of an encoded line. */
const putSafe = (line: Line, run: string): void => {
  let at = 0;
  while (at < run.length) {
    if (line.column >= width) {
      line.text += softBreak;
      line.column = 0;
    }
    if (line.column === 0 && run[at] === '.') {
      put(line, '=2E');
      at += 1;
      continue;
    }
    const slice = run.slice(at, at + width - line.column);
    line.text += slice;
    line.column += slice.length;
    at += slice.length;
  }
};

/** One line without its line break, from column 0; a blank at its end is encoded. */
const encodeLine = (text: string): string => {
  if (text.length <= width && safeLine.test(text) && text[0] !== '.' && !blankEnd.test(text)) return text;
  const line: Line = { text: '', column: 0 };
  const isBlankEnd = blankEnd.test(text);
  const body = isBlankEnd ? text.slice(0, -1) : text;
  for (const [run] of body.matchAll(runs)) {
    if (safeLine.test(run)) putSafe(line, run);
    else for (const byte of Buffer.from(run, 'utf8')) put(line, hex[byte]!);
  }
  if (isBlankEnd) put(line, hex[text.charCodeAt(text.length - 1)]!);
  return line.text;
};

const lineBreak = /\r\n|\r|\n/;

/** Text from column 0 on. Line breaks of any kind become CRLF. The last line has room for the `=` of a soft break. */
export const encodeText = (text: string): string =>
  lineBreak.test(text) ? text.split(lineBreak).map(encodeLine).join('\r\n') : encodeLine(text);

/** What `encodeText` and `encodeFixed` have encoded, as a receiver reads it; line breaks are CRLF. */
export const decodeText = (encoded: string): string => {
  const octets = encoded
    .replaceAll(softBreak, '')
    .replaceAll(/=([0-9A-F]{2})/g, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)));
  return Buffer.from(octets, 'latin1').toString('utf8');
};

const beginsLine = /^(?:\r|\n)/;
const endsLine = /(?:\r|\n)$/;

/**
 * Fixed text between computed values, with the soft breaks that let each value begin at column 0:
 * `…text=` CRLF value `=` CRLF `text…`.
 */
export const encodeFixed = (text: string, place: { afterValue: boolean; beforeValue: boolean }): string => {
  const isEmptyEnd = text === '' && !place.beforeValue;
  const before = place.afterValue && !beginsLine.test(text) && !isEmptyEnd ? softBreak : '';
  const isAtColumnZero = endsLine.test(text) || text === '';
  const after = place.beforeValue && !isAtColumnZero ? softBreak : '';
  return before + encodeText(text) + after;
};
