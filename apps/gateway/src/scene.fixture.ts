/** For specs: the whole gateway on a real event log, over services that have the real schemas and doors and answer with stubs. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { apiKeysTopic, roles, topicSpecs, type ApiKeyRecord } from '@sendpool/contracts';
import { freshDatabase } from '@sendpool/database/testing';
import { createEventLog, type EventLog } from '@sendpool/event-log';
import { createSubgraph } from '@sendpool/graphql';
import { createMetrics, startService, verifyRequest, type Log, type RunningService } from '@sendpool/service';
import { readGatewayEnv } from './env.ts';
import { createGatewayService } from './service.ts';
import { stubResolvers } from './stub-resolvers.fixture.ts';

const secret = 's'.repeat(32);

const serviceNames = ['config', 'scheduler', 'stats'] as const;

const schemaOf = (name: string): string =>
  readFileSync(new URL(`../../${name}/schema.graphql`, import.meta.url), 'utf8');

export const publicSdl = (): string => readFileSync(new URL('../public.graphql', import.meta.url), 'utf8');

type Parts = Omit<Parameters<typeof startService>[0], 'name' | 'http' | 'log' | 'metrics'>;

const start = (name: string, log: Log, parts: Parts, metrics = createMetrics(name)): Promise<RunningService> =>
  startService({ name, http: { host: '127.0.0.1', port: 0 }, log, metrics, ...parts });

const actorOf: Parameters<typeof createSubgraph>[0]['actorOf'] = (req, body) => verifyRequest(req, body, { secret });

const startStub = async (name: string, log: Log): Promise<RunningService> => {
  const typeDefs = schemaOf(name);
  const door = await createSubgraph({ typeDefs, resolvers: stubResolvers(typeDefs), actorOf, log });
  return start(name, log, { parts: [door.part], routes: door.routes });
};

export const keyRecord = (text: string, change: Partial<ApiKeyRecord> = {}): ApiKeyRecord => ({
  id: text,
  revision: 1,
  name: text,
  role: 'READER',
  hash: createHash('sha256').update(text).digest('hex'),
  expiresAt: null,
  revoked: false,
  ...change,
});

export const publishKey = (eventLog: EventLog, record: ApiKeyRecord): Promise<void> =>
  eventLog.publish(apiKeysTopic.name, [{ partition: 0, key: record.id, value: apiKeysTopic.encode(record) }]);

export type Answer = {
  status: number;
  headers: Headers;
  text: string;
  data?: Record<string, unknown> | null;
  errors?: { message: string; path?: (string | number)[]; extensions: Record<string, unknown> }[];
};

export type Scene = {
  readonly origin: string;
  readonly url: string;
  readonly eventLog: EventLog;
  /** What gateway and services logged as warnings and errors. */
  readonly complaints: { level: string; message: string; fields: object }[];
  /** A JSON request with the key of a role. `key` null: without one. */
  ask(body: unknown, key?: string | null, headers?: Record<string, string>): Promise<Answer>;
  stop(): Promise<void>;
};

const readAnswer = async (res: Response): Promise<Answer> => {
  const text = await res.text();
  const isJson = res.headers.get('content-type')?.includes('json') === true;
  return { ...(isJson ? (JSON.parse(text) as object) : {}), status: res.status, headers: res.headers, text };
};

const authorization = (key: string | null): Record<string, string> =>
  key === null ? {} : { authorization: `Bearer ${key}` };

const ask =
  (url: string): Scene['ask'] =>
  async (body, key = 'READER', headers = {}) => {
    const text = typeof body === 'string' || body instanceof Uint8Array ? body : JSON.stringify(body);
    const all = { 'content-type': 'application/json', ...authorization(key), ...headers };
    return readAnswer(await fetch(url, { method: 'POST', headers: all, body: text as string }));
  };

const createListeningLog = (): { log: Log; complaints: Scene['complaints'] } => {
  const complaints: Scene['complaints'] = [];
  const keep = (level: string) => (fields: object, message: string) => void complaints.push({ level, message, fields });
  return { complaints, log: { debug: () => {}, info: () => {}, warn: keep('warn'), error: keep('error') } };
};

/** What was started, ended in the other order. */
const stopAll = async (stops: (() => Promise<unknown>)[]): Promise<void> => {
  for (const stop of stops.toReversed()) await stop();
};

type Started = Omit<Scene, 'stop' | 'ask' | 'url' | 'complaints'>;

const startInto = async (
  stops: (() => Promise<unknown>)[],
  env: Record<string, string>,
  log: Log,
): Promise<Started> => {
  const keep = async (starting: Promise<RunningService>): Promise<number> => {
    const service = await starting;
    stops.push(() => service.stop(5000));
    return service.port;
  };
  const database = await freshDatabase();
  stops.push(async () => database[Symbol.asyncDispose]());
  const eventLog = await createEventLog({ url: database.url, applicationName: 'spec' });
  stops.push(() => eventLog.close());
  await eventLog.ensureTopics(topicSpecs([apiKeysTopic], 1));
  for (const role of roles) await publishKey(eventLog, keyRecord(role, { role }));
  const urls: Record<string, string> = {};
  for (const name of serviceNames)
    urls[`${name.toUpperCase()}_URL`] = `http://127.0.0.1:${await keep(startStub(name, log))}`;
  const fixed = { HTTP_PORT: '0', EVENT_LOG_URL: database.url, INTERNAL_SECRET: secret };
  const metrics = createMetrics('gateway');
  const options = { env: readGatewayEnv({ ...fixed, ...urls, ...env }), log, metrics };
  const port = await keep(start('gateway', log, await createGatewayService(options), metrics));
  return { origin: `http://127.0.0.1:${port}`, eventLog };
};

/** The keys are the names of the roles. `env` as the process would get it. */
export const startScene = async (env: Record<string, string> = {}): Promise<Scene> => {
  const { log, complaints } = createListeningLog();
  const stops: (() => Promise<unknown>)[] = [];
  try {
    const started = await startInto(stops, env, log);
    const url = `${started.origin}/graphql`;
    return { ...started, url, complaints, ask: ask(url), stop: () => stopAll(stops) };
  } catch (error) {
    await stopAll(stops);
    throw error;
  }
};
