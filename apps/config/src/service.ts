/** The config service as parts and routes: sending servers, pools, credentials and API keys. */
import { createDatabase, forgetKeys } from '@sendpool/database';
import { createEventLog } from '@sendpool/event-log';
import { createSubgraph } from '@sendpool/graphql';
import {
  createDoorMetrics,
  createEventLogMetrics,
  createRequestTraces,
  createTracing,
  repeat,
  tracingParts,
  verifyRequest,
  type Log,
  type Metrics,
  type Part,
  type Route,
} from '@sendpool/service';
import { createWake } from './api/events/wake.ts';
import { createResolvers, typeDefs } from './api/graphql/resolvers.ts';
import { createCredentials } from './credentials.ts';
import type { ConfigEnv } from './env.ts';
import { createFirstKey } from './first-key.ts';
import { createPublishing } from './publishing.ts';
import { createOutboxes } from './store/outbox.store.ts';
import { entities, migrations, schema } from './store/tables.ts';
import { createUpkeep } from './upkeep.ts';
import { createStores, createUseCases } from './use-cases.ts';

export type ConfigService = { parts: Part[]; routes: Route[] };

const applicationName = 'sendpool config';

/** Opens the database and the event log; the parts begin to work, and close both at the end. */
export const createConfigService = async (options: {
  env: ConfigEnv;
  log: Log;
  metrics: Metrics;
}): Promise<ConfigService> => {
  const { env, log, metrics } = options;
  const database = await createDatabase({ url: env.DATABASE_URL, schema, entities, migrations, applicationName });
  const tracing = await createTracing({ service: 'config', endpoint: env.OTEL_EXPORTER_OTLP_ENDPOINT });
  const eventLog = await createEventLog({
    url: env.EVENT_LOG_URL,
    applicationName,
    onWarning: (message) => log.warn({}, message),
    observer: createEventLogMetrics(metrics),
  });
  const publisher = createWake();
  const stores = createStores(database, publisher.wake);
  const credentials = createCredentials(env, metrics);
  const useCases = createUseCases({
    database,
    stores,
    changed: publisher.wake,
    secret: env.INTERNAL_SECRET,
    ...credentials,
  });
  const door = await createSubgraph({
    typeDefs,
    resolvers: createResolvers(useCases),
    actorOf: (req, body) => verifyRequest(req, body, { secret: env.INTERNAL_SECRET }),
    log,
    observer: createDoorMetrics(metrics),
    traces: createRequestTraces(tracing),
  });
  const outboxes = createOutboxes(database.sql, stores);
  const parts: Part[] = [
    ...tracingParts(tracing),
    { name: 'database', ready: () => database.isReady(), stop: () => database.close() },
    { name: 'event-log', ready: () => eventLog.isReady(), stop: () => eventLog.close() },
    createFirstKey(env, stores.keys, log),
    ...createPublishing({ eventLog, outboxes, publisher, log, metrics }),
    ...createUpkeep({ eventLog, stores, probe: credentials.probe, log, metrics }),
    repeat({ name: 'idempotency', everyMs: 60_000, work: (signal) => forgetKeys(database.sql, signal), log }),
    door.part,
  ];
  return { parts, routes: door.routes };
};
