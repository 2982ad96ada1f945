/** A MIME parser for specs, written apart from the compiler on purpose: what it reads back is what a receiver would see. */

export type ParsedMail = {
  headers: { name: string; value: string }[];
  /** Decoded text parts by subtype. */
  parts: Record<string, string>;
};

const decodeWords = (value: string): string =>
  value
    .replace(/(\?=)[ \t]+(?==\?)/g, '$1')
    .replace(/(?:=\?UTF-8\?[BQ]\?[^?]*\?=)+/gi, (words) =>
      Buffer.concat(
        [...words.matchAll(/=\?UTF-8\?([BQ])\?([^?]*)\?=/gi)].map(([, kind, data = '']) =>
          kind?.toUpperCase() === 'B' ? Buffer.from(data, 'base64') : decodeQuoted(data.replaceAll('_', ' ')),
        ),
      ).toString('utf8'),
    );

const decodeQuoted = (text: string): Buffer =>
  Buffer.from(
    text.replace(/=([0-9A-F]{2})/gi, (_match, code: string) => String.fromCharCode(Number.parseInt(code, 16))),
    'latin1',
  );

const decodeBody = (body: string, encoding: string): string => {
  if (encoding === 'base64') return Buffer.from(body, 'base64').toString('utf8');
  if (encoding !== 'quoted-printable') return Buffer.from(body, 'latin1').toString('utf8');
  const lines = body.split('\r\n').map((line) => line.replace(/[ \t]+$/, ''));
  return decodeQuoted(lines.join('\r\n').replaceAll('=\r\n', '').replace(/=$/, '')).toString('utf8');
};

const split = (entity: string): { headers: ParsedMail['headers']; body: string } => {
  const end = entity.indexOf('\r\n\r\n');
  const headers = entity
    .slice(0, end)
    .replace(/\r\n(?=[ \t])/g, '')
    .split('\r\n')
    .map((line) => {
      const colon = line.indexOf(':');
      return { name: line.slice(0, colon), value: line.slice(colon + 1).replace(/^ /, '') };
    });
  return { headers, body: entity.slice(end + 4) };
};

export const headerValue = (mail: Pick<ParsedMail, 'headers'>, name: string): string => {
  const found = mail.headers.filter((header) => header.name.toLowerCase() === name.toLowerCase());
  if (found.length !== 1) throw new Error(`${found.length} headers ${name}`);
  return decodeWords(found[0]?.value ?? '');
};

const readPart = (entity: string, into: Record<string, string>): void => {
  const { headers, body } = split(entity);
  const type = headerValue({ headers }, 'Content-Type');
  const boundary = /boundary="([^"]+)"/.exec(type)?.[1];
  if (boundary === undefined) {
    into[type.split(';')[0] ?? ''] = decodeBody(
      body,
      headerValue({ headers }, 'Content-Transfer-Encoding').toLowerCase(),
    );
    return;
  }
  const parts = `\r\n${body}`.split(`\r\n--${boundary}`);
  if (!parts.at(-1)?.startsWith('--')) throw new Error('the last boundary is missing');
  for (const part of parts.slice(1, -1)) readPart(part.slice(2), into);
};

export const parseMail = (wire: string): ParsedMail => {
  const parts: Record<string, string> = {};
  readPart(wire, parts);
  return { headers: split(wire).headers, parts };
};
