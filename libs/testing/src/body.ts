/** Reads the content of one mail after DATA: finds the final dot, takes the stuffed dots out, picks the headers that identify it. */

/** What is known of a mail while its bytes come in. */
export type Body = {
  /** Bytes without stuffed dots and without the final dot. */
  size: number;
  /** Text up to the empty line after the headers, at most about 64 KiB. */
  head: string;
  chunks: Buffer[];
  readonly keep: boolean;
  headDone: boolean;
  /** The next byte is the first one of a line. */
  lineStart: boolean;
};

const headLimit = 65_536;
const empty = Buffer.alloc(0);

export const createBody = (keep: boolean): Body => ({
  size: 0,
  head: '',
  chunks: [],
  keep,
  headDone: false,
  lineStart: true,
});

const take = (body: Body, bytes: Buffer): void => {
  if (bytes.length === 0) return;
  body.size += bytes.length;
  if (body.keep) body.chunks.push(Buffer.from(bytes));
  if (body.headDone) return;
  const end = bytes.indexOf('\r\n\r\n');
  body.head += bytes.toString('latin1', 0, end === -1 ? bytes.length : end + 2);
  body.headDone = end !== -1 || body.head.length > headLimit || body.head.includes('\r\n\r\n');
};

/** Length of the longest end of `bytes` that may be the beginning of CR LF dot. */
const doubtfulTail = (bytes: Buffer): number => {
  if (bytes.at(-1) === 13) return 1;
  return bytes.at(-1) === 10 && bytes.at(-2) === 13 ? 2 : 0;
};

/** Where the next line that begins with a dot begins, or -1. */
const dottedLine = (body: Body, input: Buffer, from: number): number => {
  if (from === 0 && body.lineStart && input[0] === 46) return 0;
  const at = input.indexOf('\r\n.', from);
  return at === -1 ? -1 : at + 2;
};

export type Fed = {
  done: boolean;
  /** Done: what follows the final dot. Else: bytes to put before the next chunk. */ rest: Buffer;
};

/** Feeds bytes to the body. The caller puts `rest` in front of what comes next. */
export const feedBody = (body: Body, input: Buffer): Fed => {
  let from = 0;
  for (;;) {
    const dot = dottedLine(body, input, from);
    if (dot === -1) return keepTail(body, input, from);
    const cr = input[dot + 1];
    if (cr === undefined || (cr === 13 && dot + 2 === input.length)) {
      take(body, input.subarray(from, dot));
      body.lineStart = true;
      return { done: false, rest: input.subarray(dot) };
    }
    take(body, input.subarray(from, dot));
    if (cr === 13 && input[dot + 2] === 10) return { done: true, rest: input.subarray(dot + 3) };
    from = dot + 1;
    body.lineStart = false;
  }
};

const keepTail = (body: Body, input: Buffer, from: number): Fed => {
  const tail = input.length - from === 0 ? 0 : doubtfulTail(input.subarray(from));
  take(body, input.subarray(from, input.length - tail));
  if (input.length > from) body.lineStart = false;
  return { done: false, rest: tail === 0 ? empty : input.subarray(input.length - tail) };
};

const messageIdLine = /^message-id:[ \t]*(<[^>\r\n]*>)/im;
const campaignLine = /^x-sendpool-campaign:[ \t]*([^\r\n]*?)[ \t]*\r?$/im;

/** What tells one mail from another; null when a header is absent or folded. */
export const identityOf = (head: string): { messageId: string | null; campaign: string | null } => ({
  messageId: messageIdLine.exec(head)?.[1] ?? null,
  campaign: campaignLine.exec(head)?.[1] ?? null,
});
