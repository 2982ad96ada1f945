/** A service's door for subscriptions: signed like every request of the gateway, answered as server-sent events. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Actor } from '@sendpool/contracts';
import type { GraphQLSchema } from 'graphql';
import { createAdmission, type Admission } from '../admit.ts';
import type { GraphQLLog } from '../apollo.ts';
import { createContext } from '../context.ts';
import { parseJson, problems, readRaw, refuse, type GraphQLRoute } from '../http-request.ts';
import { codeOf, type GraphQLObserver } from '../observer.ts';
import { endableOf } from './endable.ts';
import { eventResults } from './event-results.ts';
import { endingFrame, toFrame, type Origin } from './frame.ts';
import { framesOf, later, type Frames } from './frames.ts';
import { writeEvents } from './write-events.ts';

export type SubgraphStreamOptions = {
  schema: GraphQLSchema;
  actorOf: (req: IncomingMessage, rawBody: Uint8Array) => Actor | undefined;
  log: GraphQLLog;
  observer?: GraphQLObserver | undefined;
  maxBodyBytes: number;
};

export type SubgraphStream = {
  route: GraphQLRoute;
  /** Ends every stream, so that the gateway goes on with another replica. */
  drain(): void;
};

const operationNameOf = (body: unknown): string | undefined =>
  typeof body === 'object' && body !== null && 'operationName' in body ? String(body.operationName) : undefined;

type Asked = { body: unknown; actor: Actor };

const open = ({ body, actor }: Asked, admission: Admission, options: SubgraphStreamOptions): Frames => {
  const { schema, log, observer } = options;
  const origin: Origin = { log, requestId: actor.requestId, operationName: operationNameOf(body) };
  const admitted = admission.admit(body, actor);
  const code = admitted.ok ? 'OK' : codeOf(admitted.errors[0]);
  observer?.answered?.({ operation: 'subscription', code, seconds: 0 });
  if (!admitted.ok) return endableOf(toFrame({ errors: admitted.errors }, origin));
  const { operation } = admitted;
  const results = eventResults({ schema, operation, contextOf: (signal) => createContext(actor, signal) });
  return later(results.then((stream) => framesOf(stream, origin)));
};

export const createSubgraphStream = (options: SubgraphStreamOptions): SubgraphStream => {
  const admission = createAdmission({ schema: options.schema });
  const streams = new Set<Frames>();
  let draining = false;

  const write = async (res: ServerResponse, frames: Frames): Promise<void> => {
    streams.add(frames);
    if (draining) frames.end(endingFrame('UNAVAILABLE'));
    await writeEvents(res, frames).finally(() => streams.delete(frames));
  };
  const handle = async (req: IncomingMessage, res: ServerResponse): Promise<void> => {
    const raw = await readRaw(req, res, { maxBytes: options.maxBodyBytes });
    if (raw === undefined) return;
    const actor = options.actorOf(req, raw);
    if (actor === undefined) return refuse(res, problems.unauthenticated);
    const parsed = parseJson(req, res, raw);
    if (parsed !== undefined) await write(res, open({ body: parsed.body, actor }, admission, options));
  };
  return {
    route: { method: 'POST', path: '/graphql/stream', handle },
    drain: () => {
      draining = true;
      for (const frames of streams) frames.end(endingFrame('UNAVAILABLE'));
    },
  };
};
