/** Puts a question to one replica of a service: a signed request over a kept connection. */
import type { Actor } from '@sendpool/contracts';
import { AppError } from '@sendpool/kernel';
import type { ExecutionRequest } from '@graphql-tools/utils';
import { print, type DocumentNode } from 'graphql';
import type { Dispatcher, Pool } from 'undici';
import type { RequestContext } from './context.ts';

/** Headers that tell a service who asks; see `signRequest` of libs/service. `target` is method and path. */
export type Sign = (request: { target: string; body: Uint8Array; actor: Actor }) => Record<string, string>;

/** How a question is put to one replica. */
export type Ask<Answered> = (replica: Pool, request: ExecutionRequest, context: RequestContext) => Promise<Answered>;

type Questions = {
  /** The answer, which may be any JSON. */
  ask: Ask<unknown>;
  /** The bytes of a stream of server-sent events. */
  askForStream: Ask<AsyncIterable<Uint8Array>>;
};

/** A replica that starts or stops refuses before it looks at the request. */
export class NotReady extends AppError {
  constructor(name: string) {
    super('UNAVAILABLE', `${name} is not ready`, { retriable: true });
  }
}

const printed = new WeakMap<DocumentNode, string>();
const printOnce = (document: DocumentNode): string => {
  const known = printed.get(document) ?? print(document);
  printed.set(document, known);
  return known;
};

/** The error, once the rest of the answer is let go and its connection is free again. */
const leave = async (response: Dispatcher.ResponseData, error: AppError): Promise<AppError> => {
  await response.body.dump();
  return error;
};

export const createQuestions = (service: { name: string; pathname: string; sign: Sign }): Questions => {
  const { name, pathname, sign } = service;
  const post = async (
    path: string,
    accept: string,
    [replica, request, { actor, signal, trace }]: Parameters<Ask<unknown>>,
  ): Promise<Dispatcher.ResponseData> => {
    const body = Buffer.from(JSON.stringify({ query: printOnce(request.document), variables: request.variables }));
    const response = await replica.request({
      path,
      method: 'POST',
      signal,
      headers: {
        'content-type': 'application/json',
        accept,
        ...sign({ target: `POST ${path}`, body, actor }),
        ...(trace === undefined ? {} : { traceparent: trace }),
      },
      body,
    });
    if (response.statusCode === 503) throw await leave(response, new NotReady(name));
    if (response.statusCode === 401)
      throw await leave(response, new AppError('BAD_CONFIGURATION', `${name} does not know our signature`));
    return response;
  };
  return {
    ask: async (...question) => {
      const { body } = await post(pathname, 'application/graphql-response+json, application/json', question);
      return body.json();
    },
    askForStream: async (...question) => {
      const response = await post(`${pathname}/stream`, 'text/event-stream', question);
      if (response.statusCode === 200) return response.body;
      throw await leave(
        response,
        new AppError('INTERNAL', `${name} answered ${response.statusCode} to a subscription`),
      );
    },
  };
};
