/** POST /audiences/{id}/contacts: streams a contact file to the scheduler as fast as that reads it, and hands its answer back. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Transform } from 'node:stream';
import { mayActAs, type Actor } from '@sendpool/contracts';
import { AppError, isId } from '@sendpool/kernel';
import { createReplicas, type Authenticate, type Replicas } from '@sendpool/graphql';
import { answerJson, signRequest, streamedBody, type Log, type Part, type Route } from '@sendpool/service';
import type { Pool } from 'undici';

export type UploadOptions = {
  /** Of every replica. */
  schedulerUrls: readonly string[];
  secret: string;
  maxBytes: number;
  authenticate: Authenticate;
  log: Log;
};

type Refusal = { status: number; code: string; message: string };
type Answer = Awaited<ReturnType<Pool['request']>>;
type Exchange = { req: IncomingMessage; res: ServerResponse; actor: Actor };

const refusals = {
  unauthenticated: {
    status: 401,
    code: 'UNAUTHENTICATED',
    message: 'A valid API key is needed: send `Authorization: Bearer <key>`',
  },
  forbidden: { status: 403, code: 'FORBIDDEN', message: 'An upload needs the role OPERATOR' },
  notFound: { status: 404, code: 'NOT_FOUND', message: 'No such audience: upload to /audiences/{id}/contacts' },
  packed: { status: 415, code: 'BAD_INPUT', message: 'Send the contacts without `Content-Encoding`' },
  notCsv: { status: 415, code: 'BAD_INPUT', message: 'Send the contacts as `Content-Type: text/csv`' },
  tooLarge: { status: 413, code: 'BAD_INPUT', message: 'The file is too large' },
  unavailable: { status: 503, code: 'UNAVAILABLE', message: 'A service is not available; try again in a moment' },
} as const satisfies Record<string, Refusal>;

const refuse = (res: ServerResponse, { status, code, message }: Refusal): void => {
  if (res.headersSent || res.destroyed) return void res.destroy();
  answerJson(res, status, { error: { code, message } });
};

const audienceOf = (req: IncomingMessage): string | undefined => {
  const id = /^\/audiences\/([^/?]+)\/contacts$/.exec(req.url ?? '')?.[1];
  return id !== undefined && isId(id) ? id : undefined;
};

const refusalOf = (req: IncomingMessage, actor: Actor | undefined, maxBytes: number): Refusal | undefined => {
  if (actor === undefined) return refusals.unauthenticated;
  if (!mayActAs(actor.role, 'OPERATOR')) return refusals.forbidden;
  if (audienceOf(req) === undefined) return refusals.notFound;
  if (!/^text\/csv\b/i.test(req.headers['content-type'] ?? '')) return refusals.notCsv;
  if (!/^(identity)?$/i.test(req.headers['content-encoding'] ?? '')) return refusals.packed;
  if (Number(req.headers['content-length'] ?? 0) > maxBytes) return refusals.tooLarge;
  return undefined;
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

const clientSignal = (res: ServerResponse): AbortSignal => {
  const controller = new AbortController();
  res.once('close', () => {
    if (!res.writableFinished) controller.abort();
  });
  return controller.signal;
};

/** Whoever reads the body hears of its errors. */
const ignore = (): void => undefined;

/** What the scheduler has not taken when it answers is let go: the server drops it, and the client comes to read the answer. */
const passOn = async (pool: Pool, { req, res, actor }: Exchange, options: UploadOptions): Promise<Answer> => {
  const path = req.url ?? '';
  const headers = {
    'content-type': req.headers['content-type'] ?? '',
    ...signRequest({ target: `POST ${path}`, body: streamedBody, actor }, options.secret),
  };
  const body = req.pipe(createLimit(options.maxBytes).on('error', ignore));
  try {
    return await pool.request({ path, method: 'POST', headers, body, signal: clientSignal(res) });
  } finally {
    req.unpipe();
  }
};

const codes: Readonly<Record<number, string>> = {
  400: 'BAD_INPUT',
  404: 'NOT_FOUND',
  409: 'CONFLICT',
  415: 'BAD_INPUT',
};

/** The scheduler's reasons are for the client; its faults, and a quarrel between it and the gateway, are not. */
const answer = async ({ res, actor }: Exchange, response: Answer): Promise<void> => {
  const { statusCode: status } = response;
  const body = JSON.parse(await response.body.text()) as { error?: unknown };
  res.setHeader('x-request-id', actor.requestId);
  if (status === 200) return answerJson(res, 200, body);
  const code = codes[status];
  if (code === undefined) throw new AppError('UNAVAILABLE', `the scheduler answered ${status} to an upload`);
  refuse(res, { status, code, message: String(body.error) });
};

const upload = async (schedulers: Replicas, exchange: Exchange, options: UploadOptions): Promise<void> => {
  try {
    await answer(exchange, await passOn(await schedulers.ready(), exchange, options));
  } catch (error) {
    const { res, actor } = exchange;
    const tooLarge = error instanceof AppError && error.code === 'BAD_INPUT';
    if (!tooLarge && !res.destroyed) options.log.warn({ error, requestId: actor.requestId }, 'an upload failed');
    refuse(res, tooLarge ? refusals.tooLarge : refusals.unavailable);
  }
};

export const createUpload = (options: UploadOptions): { route: Route; part: Part } => {
  const schedulers = createReplicas(options.schedulerUrls);
  const handle = async (req: IncomingMessage, res: ServerResponse): Promise<void> => {
    const actor = (await options.authenticate(req.headers.authorization))?.actor;
    const refusal = refusalOf(req, actor, options.maxBytes);
    if (refusal !== undefined || actor === undefined) return refuse(res, refusal ?? refusals.unauthenticated);
    await upload(schedulers, { req, res, actor }, options);
  };
  return {
    route: { method: 'POST', path: '/audiences/*', handle },
    part: { name: 'upload', stop: () => schedulers.close() },
  };
};
