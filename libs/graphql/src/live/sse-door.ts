/** Server-sent events at the public door: one operation for each connection (GraphQL over SSE, distinct connections mode). */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { newId } from '@sendpool/kernel';
import type { Authenticate, Credential } from '../authenticate.ts';
import type { BodyRooms } from '../body-room.ts';
import { parseJson, problems, readRaw, refuse } from '../http-request.ts';
import { limits } from '../limits.ts';
import type { GraphQLLog } from '../apollo.ts';
import type { GraphQLObserver } from '../observer.ts';
import type { RefuseStranger } from '../stranger-limit.ts';
import type { Connections, Ending } from './connections.ts';
import { endableOf } from './endable.ts';
import { endingFrame, toFrame } from './frame.ts';
import type { Frames } from './frames.ts';
import { isSubscription, type Operations } from './operations.ts';
import { writeEvents } from './write-events.ts';

export type SseDoorOptions = {
  authenticate: Authenticate;
  refuseStranger: RefuseStranger;
  bodyRooms: BodyRooms;
  operations: Operations;
  connections: Connections;
  observer: GraphQLObserver;
  log: GraphQLLog;
};

type Exchange = { req: IncomingMessage; res: ServerResponse; credential: Credential };

type Answering = { frames: Frames; isLasting: boolean };

/** A refusal comes as an event too: a client of a stream sees no body of an answer that is not 200. */
const answer = (body: unknown, { credential }: Exchange, { operations, log }: SseDoorOptions): Answering => {
  const actor = { ...credential.actor, requestId: newId() };
  const admitted = operations.admit(body, actor);
  if (admitted.ok) {
    const { operation } = admitted;
    return { frames: operations.start(operation, actor), isLasting: isSubscription(operation) };
  }
  const origin = { log, requestId: actor.requestId, operationName: undefined };
  return { frames: endableOf(toFrame({ errors: admitted.errors }, origin)), isLasting: false };
};

const write = async (exchange: Exchange, body: unknown, options: SseDoorOptions): Promise<void> => {
  const { frames, isLasting } = answer(body, exchange, options);
  const { res, credential } = exchange;
  const end = (why: Ending): void => {
    // What ends by itself is let finish when the process stops: a mutation is done, and its client should know.
    if (isLasting || why !== 'UNAVAILABLE') frames.end(endingFrame(why));
  };
  const close = options.connections.open({ transport: 'SSE', credential, end });
  if (close !== undefined) return writeEvents(res, frames, () => options.observer.pushed?.('SSE')).finally(close);
  frames.end();
  refuse(res, problems.tooMany);
};

const stream = async (exchange: Exchange, body: unknown, options: SseDoorOptions): Promise<void> => {
  const leave = options.connections.operations.take(exchange.credential.actor.keyId);
  if (leave === undefined) return refuse(exchange.res, problems.tooMany);
  await write(exchange, body, options).finally(leave);
};

export const createSseDoor =
  (options: SseDoorOptions) =>
  async (req: IncomingMessage, res: ServerResponse): Promise<void> => {
    const credential = await options.authenticate(req.headers.authorization);
    if (credential === undefined) return refuse(res, options.refuseStranger(req));
    const raw = await readRaw(req, res, {
      maxBytes: limits.bodyBytes,
      room: options.bodyRooms.of(credential.actor.keyId),
    });
    if (raw === undefined) return;
    // A body may take its time: the key may have ended meanwhile.
    if (!credential.isValid()) return refuse(res, problems.unauthenticated);
    const parsed = parseJson(req, res, raw);
    if (parsed === undefined) return;
    const exchange = { req, res, credential };
    await stream(exchange, parsed.body, options);
  };
