/** A stats process for the specs: its parts, and the gateway's way of asking it. */
import assert from 'node:assert/strict';
import { createLog, createMetrics, signRequest, startService } from '@sendpool/service';
import { readStatsEnv } from './env.ts';
import { createStatsService } from './service.ts';

const secret = 'a secret of at least thirty-two characters';
const actor = { keyId: 'k', role: 'READER' as const, requestId: 'r' };

export type Replica = {
  /** Resolves to the data of the answer; an error in it fails the test. */
  ask(query: string, variables?: object): Promise<Record<string, unknown>>;
  /** Asks for these fields of things that other services own, in the order of their ids. */
  entities(typename: string, ids: readonly string[], fields: string): Promise<unknown[]>;
  /** A subscription, until it ends or the loop over it is left. */
  stream(query: string, variables?: object): AsyncGenerator<StreamAnswer, void>;
  stop(): Promise<void>;
};

export type StreamAnswer = {
  data?: Record<string, unknown> | null;
  errors?: { message: string; extensions: { code: string } }[];
};

type Answer = { data: Record<string, unknown>; errors?: unknown };

const post = async (
  port: number,
  path: string,
  asked: object,
  signal: AbortSignal | null = null,
): Promise<Response> => {
  const body = Buffer.from(JSON.stringify(asked));
  return fetch(`http://127.0.0.1:${port}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...signRequest({ target: `POST ${path}`, body, actor }, secret) },
    body,
    signal,
  });
};

/** The gateway's way of subscribing: server-sent events. Ends with the stream; throws when the process goes away. */
export async function* streamAt(port: number, query: string, variables = {}): AsyncGenerator<StreamAnswer, void> {
  const gone = new AbortController();
  const response = await post(port, '/graphql/stream', { query, variables }, gone.signal);
  assert.equal(response.status, 200);
  let rest = '';
  try {
    for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) {
      const blocks = (rest + chunk).split('\n\n');
      rest = blocks.pop() ?? '';
      for (const block of blocks) {
        if (block.startsWith('event: complete')) return;
        if (block.startsWith('event: next')) yield JSON.parse(block.slice(block.indexOf('data:') + 5)) as StreamAnswer;
      }
    }
  } finally {
    gone.abort();
  }
}

const askAt = async (port: number, query: string, variables: object): Promise<Record<string, unknown>> => {
  const response = await post(port, '/graphql', { query, variables });
  const { data, errors } = (await response.json()) as Answer;
  assert.equal(errors, undefined, JSON.stringify(errors));
  return data;
};

/** The environment of a process whose database and event log are both at `url`. */
export const envOf = (url: string, lanes: number, port = 0): Record<string, string> => ({
  HTTP_PORT: String(port),
  LOG_LEVEL: 'error',
  DATABASE_URL: url,
  EVENT_LOG_URL: url,
  INTERNAL_SECRET: secret,
  LANES: String(lanes),
});

const startParts = async (url: string, lanes: number) => {
  const env = readStatsEnv(envOf(url, lanes));
  const log = createLog({ name: 'stats', level: env.LOG_LEVEL });
  const metrics = createMetrics('stats');
  const { parts, routes } = await createStatsService({ env, log, metrics });
  const http = { host: env.HTTP_HOST, port: env.HTTP_PORT };
  return startService({ name: 'stats', http, parts, log, metrics, routes });
};

/** Database and event log are both at `url`. */
export const startReplica = async (url: string, lanes: number): Promise<Replica> => {
  const service = await startParts(url, lanes);
  const ask: Replica['ask'] = (query, variables = {}) => askAt(service.port, query, variables);
  return {
    ask,
    entities: async (typename, ids, fields) => {
      const query = `query($of: [_Any!]!) { _entities(representations: $of) { ... on ${typename} { ${fields} } } }`;
      const data = await ask(query, { of: ids.map((id) => ({ __typename: typename, id })) });
      return data['_entities'] as unknown[];
    },
    stream: (query, variables) => streamAt(service.port, query, variables),
    stop: async () => assert.equal(await service.stop(10_000), true),
  };
};
