/** Asks the public GraphQL API: one operation over HTTP, or a stream of results over SSE. */
import { setTimeout } from 'node:timers/promises';
import { AppError, messageOf } from '@sendpool/kernel';
import { createClient, NetworkError } from 'graphql-sse';

type Variables = Record<string, unknown>;

export type Api = {
  /** The data of the answer. Throws AppError: UNAVAILABLE without an answer, else what the API said. */
  ask<Data>(query: string, variables?: Variables): Promise<Data>;
  /**
   * Results as they come, until the stream ends or `signal` is aborted. A stream that breaks off is asked for again, with the
   * variables of that moment. Throws AppError as `ask` does.
   */
  stream<Data>(query: string, variables: () => Variables, signal: AbortSignal): AsyncIterable<Data>;
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

const noApi = (): AppError => new AppError('UNAVAILABLE', 'what answered is no GraphQL API');

const dataOf = <Data>(answer: Answer<Data>): Data => {
  const fault = faultOf(answer);
  if (fault !== undefined) throw fault;
  if (answer.data === undefined || answer.data === null) throw noApi();
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

type Target = { url: string; headers: Record<string, string> };

/** What a stream failed with: a refusal has its reason in the body. */
const streamFault = async (url: string, error: unknown): Promise<unknown> => {
  if (!(error instanceof NetworkError)) return error;
  const { response } = error as NetworkError<Response>;
  if (response === undefined) return unreached(url, error);
  const answer = (await response.json().catch(() => ({}))) as Answer<unknown>;
  return faultOf(answer) ?? noApi();
};

const streamOnce = async function* <Data>(
  target: Target,
  body: { query: string; variables: Variables },
  signal: AbortSignal,
) {
  // Its own retries would ask with old variables, and a refusal again.
  const client = createClient({ ...target, retryAttempts: 0 });
  const stop = (): void => client.dispose();
  signal.addEventListener('abort', stop);
  try {
    for await (const answer of client.iterate(body)) yield dataOf(answer as Answer<Data>);
  } finally {
    signal.removeEventListener('abort', stop);
  }
};

const retries = 3;
const hasBrokenOff = (error: unknown): boolean => error instanceof NetworkError && error.response === undefined;

type Asked = { query: string; variables: () => Variables };

const stream = async function* <Data>(target: Target, { query, variables }: Asked, signal: AbortSignal) {
  for (let tries = 0; ; tries += 1) {
    try {
      for await (const data of streamOnce<Data>(target, { query, variables: variables() }, signal)) {
        tries = 0;
        yield data;
      }
      return;
    } catch (error) {
      if (tries === retries || !hasBrokenOff(error)) throw await streamFault(target.url, error);
      await setTimeout(500 * 2 ** tries, undefined, { signal });
    }
  }
};

/** `url` is the address of the GraphQL endpoint, as in `http://127.0.0.1:4000/graphql`. */
export const createApi = ({ url, key }: { url: string; key: string }): Api => {
  const headers = { authorization: `Bearer ${key}` };
  return {
    ask: <Data>(query: string, variables: Variables = {}) => ask<Data>(url, headers, { query, variables }),
    stream: <Data>(query: string, variables: () => Variables, signal: AbortSignal) =>
      stream<Data>({ url, headers }, { query, variables }, signal),
  };
};
