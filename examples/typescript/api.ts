/** The Sendpool API for programs: typed operations over HTTP and WebSocket, and the upload of contacts. */
import { print, type DocumentNode } from 'graphql';
import { createClient, type Client } from 'graphql-ws';

const { SENDPOOL_URL: url = 'http://127.0.0.1:4000', SENDPOOL_API_KEY: key = '' } = process.env;
const authorization = `Bearer ${key}`;

/** A document with the types that code generation has found for it. */
type Operation<Data, Variables> = DocumentNode & { __apiType?: (variables: Variables) => Data };

type Answer<Data> = { data?: Data | null; errors?: readonly { message: string }[] };

const dataOf = <Data>({ data, errors }: Answer<Data>): Data => {
  if (errors !== undefined) throw new Error(errors.map(({ message }) => message).join('; '));
  if (data === undefined || data === null) throw new Error(`${url} is no Sendpool API`);
  return data;
};

/** Runs a query or a mutation. Throws what the API says in `errors`. */
export const run = async <Data, Variables>(
  operation: Operation<Data, Variables>,
  variables: Variables,
): Promise<Data> => {
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { authorization, 'content-type': 'application/json' },
    body: JSON.stringify({ query: print(operation), variables }),
  });
  return dataOf((await response.json()) as Answer<Data>);
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
  const response = await fetch(`${url}/audiences/${audienceId}/contacts`, {
    method: 'POST',
    headers: { authorization, 'content-type': 'text/csv', 'idempotency-key': idempotencyKey },
    body: csv,
  });
  if (!response.ok) throw new Error(`the upload was refused: ${await response.text()}`);
};

/** A WebSocket, opened with the first subscription and again up to `retryAttempts` times when it breaks off. */
export const connect = (retryAttempts: number): Client =>
  createClient({
    url: `${url.replace('http', 'ws')}/graphql`,
    connectionParams: { authorization },
    retryAttempts,
    shouldRetry: () => true, // by itself it knows a lost connection only as a CloseEvent; some WebSockets say ErrorEvent
  });

/** Results as they come, until the API ends the stream. Throws when it breaks off for good. */
export const subscribe = async function* <Data, Variables extends Record<string, unknown>>(
  client: Client,
  operation: Operation<Data, Variables>,
  variables: Variables,
): AsyncGenerator<Data> {
  const results = client.iterate<Data>({ query: print(operation), variables });
  for await (const result of results) yield dataOf(result as Answer<Data>);
};
