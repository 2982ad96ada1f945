/** For specs: the whole gateway on a real event log, over stand-ins of the services that have the real schemas and doors. */
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

/** What gateway and services sign with. */
export const secret = 's'.repeat(32);

type ServiceName = 'config' | 'scheduler' | 'stats';

export const schemaOf = (name: string): string =>
  readFileSync(new URL(`../../${name}/schema.graphql`, import.meta.url), 'utf8');

export const publicSdl = (): string => readFileSync(new URL('../public.graphql', import.meta.url), 'utf8');

type Service = Omit<Parameters<typeof startService>[0], 'name' | 'http'>;

const start = (name: string, service: Service): Promise<RunningService> =>
  startService({ name, http: { host: '127.0.0.1', port: 0 }, ...service });

const actorOf: Parameters<typeof createSubgraph>[0]['actorOf'] = (req, body) => verifyRequest(req, body, { secret });

const startStandIn = async (name: ServiceName, log: Log, { resolvers }: SceneOptions): Promise<RunningService> => {
  const typeDefs = schemaOf(name);
  const door = await createSubgraph({
    typeDefs,
    resolvers: resolvers?.[name] ?? stubResolvers(typeDefs),
    actorOf,
    log,
  });
  return start(name, { log, metrics: createMetrics(name), parts: [door.part], routes: door.routes });
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
  readonly services: Readonly<Record<ServiceName, RunningService>>;
  /** What gateway and services logged as warnings and errors. */
  readonly complaints: { level: string; message: string; fields: object }[];
  /** A JSON request with the key of a role. `key` null: without one. */
  ask(body: unknown, key?: string | null, headers?: Record<string, string>): Promise<Answer>;
  stop(): Promise<void>;
};

type SceneOptions = {
  /** Of services that are to answer something of their own in place of stubs. */
  readonly resolvers?: Partial<Record<ServiceName, object>>;
  /** Keys beside those of the roles, which the gateway knows when it is ready. */
  readonly keys?: readonly ApiKeyRecord[];
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

type Started = Pick<Scene, 'origin' | 'eventLog' | 'services'>;
type Start = { readonly env: Record<string, string>; readonly log: Log; readonly options: SceneOptions };

const startInto = async (stops: (() => Promise<unknown>)[], { env, log, options }: Start): Promise<Started> => {
  const keep = async (starting: Promise<RunningService>): Promise<RunningService> => {
    const service = await starting;
    stops.push(() => service.stop(5000));
    return service;
  };
  const database = await freshDatabase();
  stops.push(async () => database[Symbol.asyncDispose]());
  const eventLog = await createEventLog({ url: database.url, applicationName: 'spec' });
  stops.push(() => eventLog.close());
  await eventLog.ensureTopics(topicSpecs([apiKeysTopic], 1));
  for (const key of [...roles.map((role) => keyRecord(role, { role })), ...(options.keys ?? [])])
    await publishKey(eventLog, key);
  const standIn = (name: ServiceName): Promise<RunningService> => keep(startStandIn(name, log, options));
  const services = {
    config: await standIn('config'),
    scheduler: await standIn('scheduler'),
    stats: await standIn('stats'),
  };
  const urls = Object.fromEntries(
    Object.entries(services).map(([name, { port }]) => [`${name.toUpperCase()}_URL`, `http://127.0.0.1:${port}`]),
  );
  const fixed = { HTTP_PORT: '0', EVENT_LOG_URL: database.url, INTERNAL_SECRET: secret };
  const metrics = createMetrics('gateway');
  const parts = await createGatewayService({ env: readGatewayEnv({ ...fixed, ...urls, ...env }), log, metrics });
  const { port } = await keep(start('gateway', { log, metrics, ...parts }));
  return { origin: `http://127.0.0.1:${port}`, eventLog, services };
};

/** The keys are the names of the roles. `env` as the process would get it. */
export const startScene = async (env: Record<string, string> = {}, options: SceneOptions = {}): Promise<Scene> => {
  const { log, complaints } = createListeningLog();
  const stops: (() => Promise<unknown>)[] = [];
  try {
    const started = await startInto(stops, { env, log, options });
    const url = `${started.origin}/graphql`;
    return { ...started, url, complaints, ask: ask(url), stop: () => stopAll(stops) };
  } catch (error) {
    await stopAll(stops);
    throw error;
  }
};
