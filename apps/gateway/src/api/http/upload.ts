/** POST /audiences/{id}/contacts: streams a contact file to the scheduler as fast as that reads it, and hands its answer back. */
import type { IncomingMessage } from 'node:http';
import { Transform } from 'node:stream';
import type { Role } from '@sendpool/contracts';
import type { Problem } from '@sendpool/graphql';
import { AppError, isId } from '@sendpool/kernel';
import { answerJson } from '@sendpool/service';
import type { Transfer } from './transfer.ts';

const refusals = {
  notFound: { status: 404, code: 'NOT_FOUND', message: 'No such audience: upload to /audiences/{id}/contacts' },
  packed: { status: 415, code: 'BAD_INPUT', message: 'Send the contacts without `Content-Encoding`' },
  otherType: {
    status: 415,
    code: 'BAD_INPUT',
    message: 'Send the contacts as `Content-Type: text/csv` or `application/x-ndjson`',
  },
  tooLarge: { status: 413, code: 'BAD_INPUT', message: 'The file is too large' },
} as const satisfies Record<string, Problem>;

const isAudience = (url: string): boolean => {
  const id = /^\/audiences\/([^/?]+)\/contacts$/.exec(url)?.[1];
  return id !== undefined && isId(id);
};

const check = (req: IncomingMessage, maxBytes: number): Problem | Role => {
  if (!isAudience(req.url ?? '')) return refusals.notFound;
  if (!/^(text\/csv|application\/x-ndjson)\b/i.test(req.headers['content-type'] ?? '')) return refusals.otherType;
  if (!/^(identity)?$/i.test(req.headers['content-encoding'] ?? '')) return refusals.packed;
  return Number(req.headers['content-length'] ?? 0) > maxBytes ? refusals.tooLarge : 'OPERATOR';
};

/** Passes bytes on; fails at the first one beyond `maxBytes`. */
const createLimit = (maxBytes: number): Transform => {
  let size = 0;
  return new Transform({
    transform: (chunk: Buffer, _encoding, done) => {
      size += chunk.length;
      if (size > maxBytes) done(new AppError('BAD_INPUT', refusals.tooLarge.message));
      else done(null, chunk);
    },
  });
};

/** Whoever reads the body hears of its errors. */
const ignore = (): void => undefined;

const headersOf = ({ headers }: IncomingMessage): Record<string, string> => {
  const key = headers['idempotency-key'];
  return { 'content-type': headers['content-type'] ?? '', ...(typeof key === 'string' && { 'idempotency-key': key }) };
};

export const createUpload = (maxBytes: number): Transfer => ({
  method: 'POST',
  path: '/audiences/*',
  check: (req) => check(req, maxBytes),
  body: (req) => ({ stream: req.pipe(createLimit(maxBytes).on('error', ignore)), headers: headersOf(req) }),
  take: async ({ body }, { res }) => answerJson(res, 200, await body.json()),
});
