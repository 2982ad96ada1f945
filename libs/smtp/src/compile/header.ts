/** Header values that no content can break out of: one line in, legal header text out (RFC 5322, RFC 2047). */

// eslint-disable-next-line no-control-regex
const controls = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g;
const printable = /^[\x20-\x7e]*$/;
/** Words of moderate length with single blanks between them: can be folded at each blank and come back the same. */
const foldable = /^[\x21-\x7e]{1,200}(?: [\x21-\x7e]{1,200})*$/;

/** Bytes of UTF-8 in one encoded word, so that the word is at most 75 characters (RFC 2047, 2). */
const wordBytes = 45;
const lineWidth = 76;

/** Line breaks and control characters become one blank: no value can begin a header of its own. */
const toOneLine = (text: string): string => text.replace(controls, ' ');

const fold = (text: string, firstColumn: number): string => {
  let column = firstColumn;
  let folded = '';
  for (const [index, word] of text.split(' ').entries()) {
    const isNewLine = index > 0 && column + 1 + word.length > lineWidth;
    if (index > 0) folded += isNewLine ? '\r\n ' : ' ';
    folded += word;
    column = isNewLine ? 1 + word.length : column + 1 + word.length;
  }
  return folded;
};

const chunksOf = (text: string): string[] => {
  const chunks: string[] = [];
  let chunk = '';
  let bytes = 0;
  for (const character of text.toWellFormed()) {
    const size = Buffer.byteLength(character);
    if (bytes + size > wordBytes) {
      chunks.push(chunk);
      chunk = '';
      bytes = 0;
    }
    chunk += character;
    bytes += size;
  }
  return [...chunks, chunk];
};

const wordBegin = '=?UTF-8?B?';

const encodeWords = (text: string): string =>
  chunksOf(text)
    .map((chunk) => `${wordBegin}${Buffer.from(chunk, 'utf8').toString('base64')}?=`)
    .join('\r\n ');

/** What `encodeUnstructured` has encoded, as a receiver reads it. */
export const decodeUnstructured = (encoded: string): string => {
  const lines = encoded.split('\r\n');
  if (!encoded.startsWith(wordBegin)) return lines.join('');
  return Buffer.concat(lines.map((line) => Buffer.from(line.trim().slice(wordBegin.length, -2), 'base64'))).toString();
};

/** Unstructured text for a header whose name and colon take `firstColumn` characters. */
export const encodeUnstructured = (text: string, firstColumn: number): string => {
  const line = toOneLine(text);
  if (line === '') return '';
  if (!printable.test(line) || line.includes('=?') || !foldable.test(line)) return encodeWords(line);
  return firstColumn + line.length <= lineWidth ? line : fold(line, firstColumn);
};

const atoms = /^[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?: [A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*$/;

const displayName = (name: string): string => {
  if (!printable.test(name) || name.includes('=?') || name.length > 200) return encodeWords(name);
  return atoms.test(name) ? name : `"${name.replace(/["\\]/g, '\\$&')}"`;
};

/** `Name <address>`, or the address alone; the address must have been checked. */
export const encodeMailbox = (mailbox: { name: string; address: string }): string => {
  const name = toOneLine(mailbox.name).trim();
  if (name === '') return mailbox.address;
  const encoded = displayName(name);
  return encoded.length + mailbox.address.length > 60
    ? `${encoded}\r\n <${mailbox.address}>`
    : `${encoded} <${mailbox.address}>`;
};

let lastSecond = -1;
let lastDate = '';

/** RFC 5322, 3.3, in UTC. */
export const dateHeader = (now: number): string => {
  const second = Math.floor(now / 1_000);
  if (second !== lastSecond) {
    lastSecond = second;
    lastDate = new Date(now).toUTCString().replace('GMT', '+0000');
  }
  return lastDate;
};
