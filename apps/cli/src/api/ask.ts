/** Asks the public GraphQL API: one operation over HTTP, or a stream of results over SSE. */
import { AppError, messageOf } from '@sendpool/kernel';
import { createClient } from 'graphql-sse';

type Variables = Record<string, unknown>;

export type Api = {
  /** The data of the answer. Throws AppError: UNAVAILABLE without an answer, else what the API said. */
  ask<Data>(query: string, variables?: Variables): Promise<Data>;
  /** Results as they come, until the stream ends or `signal` is aborted. */
  stream<Data>(query: string, variables: Variables, signal: AbortSignal): AsyncIterable<Data>;
};

type Answer<Data> = {
  data?: Data | null | undefined;
  errors?: readonly { message: string; extensions?: { code?: unknown; requestId?: unknown } | undefined }[] | undefined;
};

const faultOf = ({ errors }: Answer<unknown>): AppError | undefined => {
  const [first] = errors ?? [];
  if (first === undefined) return undefined;
  const { code, requestId } = first.extensions ?? {};
  const asked = typeof requestId === 'string' ? ` (request ${requestId})` : '';
  return new AppError(code === 'UNAUTHENTICATED' ? 'UNAUTHENTICATED' : 'BAD_INPUT', `${first.message}${asked}`);
};

const dataOf = <Data>(answer: Answer<Data>): Data => {
  const fault = faultOf(answer);
  if (fault !== undefined) throw fault;
  if (answer.data === undefined || answer.data === null)
    throw new AppError('UNAVAILABLE', 'what answered is no GraphQL API');
  return answer.data;
};

/** `fetch failed` alone says nothing: why is in its cause. */
const reasonOf = (error: unknown): string =>
  error instanceof Error && error.cause instanceof Error ? messageOf(error.cause) : messageOf(error);

const unreached = (url: string, cause: unknown): AppError =>
  new AppError('UNAVAILABLE', `${url} does not answer: is Sendpool running there? (${reasonOf(cause)})`, { cause });

const ask = async <Data>(url: string, headers: Record<string, string>, body: object): Promise<Data> => {
  const response = await fetch(url, {
    method: 'POST',
    headers: { ...headers, 'content-type': 'application/json', accept: 'application/graphql-response+json' },
    body: JSON.stringify(body),
  }).catch((cause: unknown) => {
    throw unreached(url, cause);
  });
  const answer = (await response.json().catch(() => ({}))) as Answer<Data>;
  return dataOf(answer);
};

/** `url` is the address of the GraphQL endpoint, as in `http://127.0.0.1:4000/graphql`. */
export const createApi = ({ url, key }: { url: string; key: string }): Api => {
  const headers = { authorization: `Bearer ${key}` };
  return {
    ask: <Data>(query: string, variables: Variables = {}) => ask<Data>(url, headers, { query, variables }),
    stream: async function* <Data>(query: string, variables: Variables, signal: AbortSignal) {
      const client = createClient({ url, headers, retryAttempts: 3 });
      signal.addEventListener('abort', () => client.dispose());
      for await (const answer of client.iterate({ query, variables })) yield dataOf(answer as Answer<Data>);
    },
  };
};
