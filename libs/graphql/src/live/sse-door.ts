/** Server-sent events at the public door: one operation for each connection (GraphQL over SSE, distinct connections mode). */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { newId } from '@sendpool/kernel';
import type { Authenticate, Credential } from '../authenticate.ts';
import { parseJson, problems, readRaw, refuse } from '../http-request.ts';
import { limits } from '../limits.ts';
import type { GraphQLLog } from '../apollo.ts';
import type { GraphQLObserver } from '../observer.ts';
import type { Connections } from './connections.ts';
import { endableOf } from './endable.ts';
import { endingFrame, toFrame } from './frame.ts';
import type { Frames } from './frames.ts';
import type { Operations } from './operations.ts';
import { writeEvents } from './write-events.ts';

export type SseDoorOptions = {
  authenticate: Authenticate;
  operations: Operations;
  connections: Connections;
  observer: GraphQLObserver;
  log: GraphQLLog;
};

type Exchange = { req: IncomingMessage; res: ServerResponse; credential: Credential };

/** A refusal comes as an event too: a client of a stream sees no body of an answer that is not 200. */
const framesOf = (body: unknown, { credential }: Exchange, { operations, log }: SseDoorOptions): Frames => {
  const actor = { ...credential.actor, requestId: newId() };
  const admitted = operations.admit(body, actor);
  if (admitted.ok) return operations.start(admitted.operation, actor);
  return endableOf(toFrame({ errors: admitted.errors }, { log, requestId: actor.requestId, operationName: undefined }));
};

const stream = async (exchange: Exchange, frames: Frames, options: SseDoorOptions): Promise<void> => {
  const { connections, observer } = options;
  const { res, credential } = exchange;
  const close = connections.open({ transport: 'SSE', credential, end: (why) => frames.end(endingFrame(why)) });
  if (close === undefined) {
    frames.end();
    return refuse(res, problems.tooMany);
  }
  await writeEvents(res, frames, () => observer.pushed?.('SSE')).finally(close);
};

export const createSseDoor =
  (options: SseDoorOptions) =>
  async (req: IncomingMessage, res: ServerResponse): Promise<void> => {
    const credential = await options.authenticate(req.headers.authorization);
    if (credential === undefined) return refuse(res, problems.unauthenticated);
    const raw = await readRaw(req, res, limits.bodyBytes);
    const parsed = raw === undefined ? undefined : parseJson(req, res, raw);
    if (parsed === undefined) return;
    const exchange = { req, res, credential };
    await stream(exchange, framesOf(parsed.body, exchange, options), options);
  };
