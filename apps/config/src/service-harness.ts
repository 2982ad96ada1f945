/** For specs: the whole config service on a database that the spec gives it, asked as the gateway asks it. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { Writable } from 'node:stream';
import type { Actor, Role } from '@sendpool/contracts';
import { createLog, createMetrics, signRequest, startService } from '@sendpool/service';
import { hashOf, newKeyText, prefixOf } from './domain/api-key.ts';
import { readConfigEnv } from './env.ts';
import { createConfigService } from './service.ts';

type Answer = {
  data?: Record<string, never> | null;
  errors?: { message: string; path?: (string | number)[]; extensions: { code: string } }[];
};

export type Harness = {
  readonly url: string;
  /** Text of the first ADMIN key. */
  readonly firstKey: string;
  /** Everything logged so far. */
  logged(): string;
  /** As ADMIN, unless another role or more of the actor is given. */
  ask(query: string, variables?: object, as?: Role | Partial<Actor>): Promise<Answer>;
  /** The data of one root field; fails the spec when there were errors. */
  get<T>(query: string, variables?: object, as?: Role | Partial<Actor>): Promise<T>;
  metrics(): Promise<string>;
  stop(): Promise<void>;
};

const captureLog = () => {
  const lines: string[] = [];
  const destination = new Writable({
    write: (chunk, _, done) => {
      lines.push(String(chunk));
      done();
    },
  });
  return { log: createLog({ name: 'config', level: 'debug', destination }), logged: () => lines.join('') };
};

export const startHarness = async (databaseUrl: string, settings: NodeJS.ProcessEnv = {}): Promise<Harness> => {
  const firstKey = newKeyText();
  const secret = randomBytes(32).toString('hex');
  const env = readConfigEnv({
    HTTP_PORT: '0',
    DATABASE_URL: databaseUrl,
    EVENT_LOG_URL: databaseUrl,
    INTERNAL_SECRET: secret,
    CREDENTIALS_KEY: randomBytes(32).toString('base64'),
    BOOTSTRAP_ADMIN_KEY_HASH: hashOf(firstKey),
    BOOTSTRAP_ADMIN_KEY_PREFIX: prefixOf(firstKey),
    ...settings,
  });
  const { log, logged } = captureLog();
  const metrics = createMetrics('config');
  const { parts, routes } = await createConfigService({ env, log, metrics });
  const http = { host: env.HTTP_HOST, port: env.HTTP_PORT };
  const service = await startService({ name: 'config', http, parts, log, metrics, routes });
  const url = `http://127.0.0.1:${service.port}`;
  const ask: Harness['ask'] = async (query, variables = {}, as = 'ADMIN') => {
    const body = JSON.stringify({ query, variables });
    const change = typeof as === 'string' ? { role: as } : as;
    const actor: Actor = { keyId: 'spec', role: 'ADMIN', requestId: 'spec', ...change };
    const signed = signRequest({ target: 'POST /graphql', body: Buffer.from(body), actor }, secret);
    const headers = { 'content-type': 'application/json', ...signed };
    return (await (await fetch(`${url}/graphql`, { method: 'POST', headers, body })).json()) as Answer;
  };
  return {
    url,
    firstKey,
    logged,
    ask,
    get: async <T>(query: string, variables?: object, as?: Role | Partial<Actor>): Promise<T> => {
      const { data, errors } = await ask(query, variables, as);
      assert.equal(errors, undefined, JSON.stringify(errors));
      return Object.values(data ?? {})[0] as T;
    },
    metrics: async () => (await fetch(`${url}/metrics`)).text(),
    stop: async () => {
      assert.equal(await service.stop(5000), true, 'a part did not stop as it should');
    },
  };
};
