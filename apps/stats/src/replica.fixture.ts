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
  stop(): Promise<void>;
};

type Answer = { data: Record<string, unknown>; errors?: unknown };

const askAt = async (port: number, query: string, variables: object): Promise<Record<string, unknown>> => {
  const body = Buffer.from(JSON.stringify({ query, variables }));
  const response = await fetch(`http://127.0.0.1:${port}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...signRequest({ target: 'POST /graphql', body, actor }, secret) },
    body,
  });
  const { data, errors } = (await response.json()) as Answer;
  assert.equal(errors, undefined, JSON.stringify(errors));
  return data;
};

const startParts = async (url: string, lanes: number) => {
  const [HTTP_PORT, LOG_LEVEL, LANES] = ['0', 'error', String(lanes)];
  const env = readStatsEnv({
    HTTP_PORT,
    LOG_LEVEL,
    DATABASE_URL: url,
    EVENT_LOG_URL: url,
    INTERNAL_SECRET: secret,
    LANES,
  });
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
    stop: async () => assert.equal(await service.stop(10_000), true),
  };
};
