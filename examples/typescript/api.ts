/** The Sendpool API for programs: typed operations over HTTP and WebSocket, and the upload of contacts. */
import { print, type DocumentNode } from 'graphql';
import { createClient, type Client } from 'graphql-ws';

const { SENDPOOL_URL: url = 'http://127.0.0.1:4000', SENDPOOL_API_KEY: key = '' } = process.env;
const authorization = `Bearer ${key}`;

/** A document with the types that code generation has found for it. */
type Operation<Data, Variables> = DocumentNode & { __apiType?: (variables: Variables) => Data };

type Fault = { message: string; extensions?: { code?: unknown } };
type Answer<Data> = { data?: Data | null; errors?: readonly Fault[] };

/** What the API says is wrong. A program goes by the codes; docs/errors.md has them all. */
export class ApiError extends Error {
  readonly codes: readonly unknown[];
  constructor(faults: readonly Fault[]) {
    super(faults.map(({ message }) => message).join('; '));
    this.codes = faults.map(({ extensions }) => extensions?.code);
  }
}

const dataOf = <Data>({ data, errors }: Answer<Data>): Data => {
  if (errors !== undefined) throw new ApiError(errors);
  if (data === undefined || data === null) throw new Error(`${url} is no Sendpool API`);
  return data;
};

const post = async (path: string, headers: Record<string, string>, body: string): Promise<Response> => {
  try {
    return await fetch(`${url}${path}`, { method: 'POST', headers: { authorization, ...headers }, body });
  } catch (cause) {
    throw new Error(`${url} does not answer`, { cause });
  }
};

const jsonOf = async (response: Response): Promise<unknown> => {
  try {
    return await response.json();
  } catch (cause) {
    throw new Error(`${url} is no Sendpool API: its answer is not JSON`, { cause });
  }
};

/** Runs a query or a mutation. Throws what the API says in `errors`, whatever the status. */
export const run = async <Data, Variables>(
  operation: Operation<Data, Variables>,
  variables: Variables,
): Promise<Data> => {
  const body = JSON.stringify({ query: print(operation), variables });
  const response = await post('/graphql', { 'content-type': 'application/json' }, body);
  return dataOf((await jsonOf(response)) as Answer<Data>);
};

type Problems = { __typename: 'Refused'; errors: readonly { message: string; path: readonly string[] | null }[] };
type Result = { __typename: string };

const isRefused = (result: Result): result is Problems => result.__typename === 'Refused';

/** Runs a mutation. Throws also what is wrong with its input: a page would show that beside the field that `path` names. */
export const change = async <Payload extends Result, Variables>(
  operation: Operation<{ result: Payload }, Variables>,
  variables: Variables,
): Promise<Exclude<Payload, Problems>> => {
  const { result } = await run(operation, variables);
  if (isRefused(result))
    throw new Error(result.errors.map(({ path, message }) => `${path?.join('.') ?? ''}: ${message}`).join('; '));
  return result as Exclude<Payload, Problems>;
};

/** Sends CSV with a header line. The same key once more goes on where an upload broke off. */
export const uploadContacts = async (audienceId: string, csv: string, idempotencyKey: string): Promise<void> => {
  const headers = { 'content-type': 'text/csv', 'idempotency-key': idempotencyKey };
  const response = await post(`/audiences/${audienceId}/contacts`, headers, csv);
  if (!response.ok) throw new Error(`the upload was refused: ${await response.text()}`);
};

/** The close code of a key that is wrong, expired or revoked. */
const wrongKey = 4403;

type Closing = { code?: unknown; reason?: string; message?: string };

/** A WebSocket, opened with the first subscription and again up to `retryAttempts` times when it breaks off. */
export const connect = (retryAttempts: number): Client =>
  createClient({
    url: `${url.replace('http', 'ws')}/graphql`,
    connectionParams: { authorization },
    retryAttempts,
    // By itself it knows a lost connection only as a CloseEvent, where some WebSockets say ErrorEvent, and tries a wrong key again.
    shouldRetry: (event) => (event as Closing).code !== wrongKey,
  });

/** graphql-ws throws the errors of GraphQL as an array, and an end of the connection as the event that told it. */
const errorOf = (thrown: unknown): Error => {
  if (Array.isArray(thrown)) return new ApiError(thrown as Fault[]);
  const { code, reason, message } = thrown as Closing;
  if (code === wrongKey)
    return new ApiError([{ message: 'the key is not valid', extensions: { code: 'UNAUTHENTICATED' } }]);
  return thrown instanceof ApiError ? thrown : new Error(reason || message || 'the connection broke off');
};

/** Results as they come, until the API ends the stream. Throws when it breaks off for good. */
export const subscribe = async function* <Data, Variables extends Record<string, unknown>>(
  client: Client,
  operation: Operation<Data, Variables>,
  variables: Variables,
): AsyncGenerator<Data> {
  const results = client.iterate<Data>({ query: print(operation), variables });
  try {
    for await (const result of results) yield dataOf(result as Answer<Data>);
  } catch (thrown) {
    throw errorOf(thrown);
  }
};
