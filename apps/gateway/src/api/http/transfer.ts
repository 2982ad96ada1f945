/** What uploads and downloads have in common: who may, the signed request to the scheduler, and what the client is told when it fails. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { mayActAs, type Actor, type Role } from '@sendpool/contracts';
import { AppError } from '@sendpool/kernel';
import {
  createReplicas,
  refusePlainly,
  requestCost,
  type Authenticate,
  type Credential,
  type Problem,
  type RefuseStranger,
  type Replicas,
  type Spending,
} from '@sendpool/graphql';
import { signRequest, streamedBody, type Log, type Part, type Route } from '@sendpool/service';
import type { Dispatcher } from 'undici';

/** Of an upload or a download, whatever its size: it holds a connection and a place, and reads or writes many rows. */
const transferCost = 1000;

type Answer = Dispatcher.ResponseData;
type Exchange = {
  req: IncomingMessage;
  res: ServerResponse;
  actor: Actor;
  /** Aborted when the connection ends before the answer. */
  signal: AbortSignal;
};

/** A route that leads to the scheduler. */
export type Transfer = {
  method: Route['method'];
  /** As in Route. */
  path: string;
  /** What is refused without the scheduler, and the role that is needed for the rest. */
  check(req: IncomingMessage): Problem | Role;
  /** Takes a place among those that run at once; the function gives it back. Default: there is room for any number. */
  enter?(actor: Actor): Problem | (() => void);
  /** What an answer of 200 comes to. Another answer, and what this throws, is told in the words of every transfer. */
  take(answer: Answer, exchange: Exchange): Promise<void>;
  /** The body to send on, with the headers that describe it. */
  body?(req: IncomingMessage): {
    stream: NonNullable<Dispatcher.RequestOptions['body']>;
    headers: Record<string, string>;
  };
};

export type TransferOptions = {
  /** Of every replica. */
  schedulerUrls: readonly string[];
  secret: string;
  authenticate: Authenticate;
  refuseStranger: RefuseStranger;
  spending: Spending;
  log: Log;
};

const unavailable: Problem = {
  status: 503,
  code: 'UNAVAILABLE',
  message: 'A service is not available; try again in a moment',
};

const forbidden = (role: Role): Problem => ({
  status: 403,
  code: 'FORBIDDEN',
  message: `This needs the role ${role}`,
});

/** When to come again after too many at once: nobody knows when one of them ends. */
export const busySeconds = 10;

const clientSignal = (res: ServerResponse): AbortSignal => {
  const controller = new AbortController();
  res.once('close', () => {
    if (!res.writableFinished) controller.abort();
  });
  return controller.signal;
};

const lookMs = 1000;

/** A transfer may run for hours: it ends with its key. */
const cutWithKey = ({ isValid }: Credential, { res, actor }: Exchange, log: Log): void => {
  const timer = setInterval(() => {
    if (isValid()) return;
    log.info({ requestId: actor.requestId }, 'a transfer was cut off: its key is not valid any more');
    res.destroy();
  }, lookMs);
  res.once('close', () => clearInterval(timer));
};

/** Once the scheduler answers, what it has not taken is let go: the server drops it, and the client comes to read the answer. */
const ask = async (
  transfer: Transfer,
  { req, actor, signal }: Exchange,
  to: { schedulers: Replicas; secret: string },
): Promise<Answer> => {
  const { method } = transfer;
  const path = req.url ?? '/';
  const scheduler = await to.schedulers.ready();
  const sent = transfer.body?.(req);
  const signed = signRequest({ target: `${method} ${path}`, body: streamedBody, actor }, to.secret);
  const headers = { ...sent?.headers, ...signed };
  try {
    return await scheduler.request({ path, method, headers, body: sent?.stream ?? null, signal });
  } finally {
    req.unpipe();
  }
};

const codes: Readonly<Record<number, string>> = {
  400: 'BAD_INPUT',
  404: 'NOT_FOUND',
  409: 'CONFLICT',
  415: 'BAD_INPUT',
  429: 'RATE_LIMITED',
};

/** The scheduler's reasons are for the client; its faults, and a quarrel between it and the gateway, are not. */
const answer = async (transfer: Transfer, exchange: Exchange, response: Answer): Promise<void> => {
  const { statusCode: status } = response;
  if (status === 200) return transfer.take(response, exchange);
  const { error } = (await response.body.json()) as { error?: unknown };
  const code = codes[status];
  if (code === undefined) throw new AppError('UNAVAILABLE', `the scheduler answered ${status} to ${transfer.path}`);
  const wait = status === 429 ? { retryAfterSeconds: busySeconds } : {};
  refusePlainly(exchange.res, { status, code, message: String(error), ...wait });
};

const problemOf = (transfer: Transfer, req: IncomingMessage, actor: Actor): Problem | undefined => {
  const checked = transfer.check(req);
  if (typeof checked !== 'string') return checked;
  return mayActAs(actor.role, checked) ? undefined : forbidden(checked);
};

/** The key pays before anything is done for it, and a little also for what is refused. */
const pay = (transfer: Transfer, { req, res, actor }: Exchange, spending: Spending): Problem | undefined => {
  const problem = problemOf(transfer, req, actor);
  const unpaid = spending.pay(actor, problem === undefined ? transferCost : requestCost);
  res.setHeader('x-request-id', actor.requestId);
  for (const [name, value] of Object.entries(spending.headersOf(actor))) res.setHeader(name, value);
  return unpaid ?? problem;
};

/** A client that goes away ends the request to the scheduler, and is no fault. */
const tell = (error: unknown, { res, actor }: Exchange, log: Log): void => {
  const isTooLarge = error instanceof AppError && error.code === 'BAD_INPUT';
  if (!isTooLarge && !res.destroyed) log.warn({ error, requestId: actor.requestId }, 'a transfer failed');
  refusePlainly(res, isTooLarge ? { status: 413, code: 'BAD_INPUT', message: error.message } : unavailable);
};

/** A file may arrive for an hour before it is answered. */
const timeouts = { headersTimeout: 3_600_000 };

const anyNumber = (): void => undefined;

export const createTransfers = (
  options: TransferOptions,
  transfers: readonly Transfer[],
): { routes: Route[]; part: Part } => {
  const { authenticate, refuseStranger, spending, log, secret } = options;
  const schedulers = createReplicas(options.schedulerUrls, timeouts);
  const run = async (transfer: Transfer, exchange: Exchange): Promise<void> => {
    const leave = transfer.enter?.(exchange.actor) ?? anyNumber;
    if (typeof leave !== 'function') return refusePlainly(exchange.res, leave);
    try {
      await answer(transfer, exchange, await ask(transfer, exchange, { schedulers, secret }));
    } catch (error) {
      tell(error, exchange, log);
    } finally {
      leave();
    }
  };
  const routeOf = (transfer: Transfer): Route => ({
    method: transfer.method,
    path: transfer.path,
    handle: async (req, res) => {
      const credential = await authenticate(req.headers.authorization);
      if (credential === undefined) return refusePlainly(res, refuseStranger(req));
      const exchange = { req, res, actor: credential.actor, signal: clientSignal(res) };
      const problem = pay(transfer, exchange, spending);
      if (problem !== undefined) return refusePlainly(res, problem);
      cutWithKey(credential, exchange, log);
      await run(transfer, exchange);
    },
  });
  return { routes: transfers.map(routeOf), part: { name: 'transfers', stop: () => schedulers.close() } };
};
