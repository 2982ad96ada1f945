/** The scheduler as parts and routes: audiences, campaigns, and the recipients' truth. */
import type { IncomingMessage } from 'node:http';
import {
  campaignsTopic,
  deliveryEventsTopic,
  rotationVerdictsTopic,
  sendRequestsTopic,
  senderStatusTopic,
  sendingConfigTopic,
  topicSpecs,
} from '@sendpool/contracts';
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
  streamedBody,
  verifyRequest,
  type Log,
  type Metrics,
  type Part,
  type Route,
} from '@sendpool/service';
import { createResolvers, typeDefs } from './api/graphql/resolvers.ts';
import { createDownloadRoutes } from './api/http/downloads.ts';
import { createUploadRoute } from './api/http/upload-contacts.ts';
import { createSchedulerMetrics } from './api/events/scheduler-metrics.ts';
import { readSenderStatus } from './api/events/sender-status.reader.ts';
import { createHeldServers } from './domain/held-servers.ts';
import { createSendingView } from './domain/sending-view.ts';
import { createDelivery } from './delivery.ts';
import { unknownGraceMs, type SchedulerEnv } from './env.ts';
import { sweepContacts } from './store/contact.store.ts';
import { sweepImports } from './store/import-sweep.ts';
import { migrations } from './store/migrations/index.ts';
import { createStores, createUseCases } from './use-cases.ts';
import { createWebhooks } from './webhooks.ts';

export type SchedulerService = { parts: Part[]; routes: Route[] };

/** A file of millions of contacts may take long to arrive. */
export const uploadTimeoutMs = 3_600_000;

const applicationName = 'sendpool scheduler';
const topics = [
  campaignsTopic,
  sendRequestsTopic,
  deliveryEventsTopic,
  sendingConfigTopic,
  senderStatusTopic,
  rotationVerdictsTopic,
];

/** Opens the database and the event log; the parts begin to work, and close both at the end. */
export const createSchedulerService = async (options: {
  env: SchedulerEnv;
  log: Log;
  metrics: Metrics;
}): Promise<SchedulerService> => {
  const { env, log } = options;
  const database = await createDatabase({
    url: env.DATABASE_URL,
    schema: 'scheduler',
    migrations,
    poolSize: env.LANES + 10,
    applicationName,
  });
  const tracing = await createTracing({ service: 'scheduler', endpoint: env.OTEL_EXPORTER_OTLP_ENDPOINT });
  const eventLog = await createEventLog({
    url: env.EVENT_LOG_URL,
    applicationName,
    stateFolder: env.STATE_DIR,
    onWarning: (message) => log.warn({}, message),
    observer: createEventLogMetrics(options.metrics),
  });
  const sending = createSendingView();
  const stores = createStores(database);
  const held = createHeldServers(() => performance.now());
  const useCases = createUseCases({
    database,
    secret: env.INTERNAL_SECRET,
    graceMs: unknownGraceMs(env),
    sending,
    held,
    changed: () => delivery.changed(),
  });
  const start = async (id: string): Promise<boolean> => {
    const result = await useCases.startDueCampaign(id);
    // A conflict says that another process, or a person, was first.
    const errors = result.ok ? [] : result.errors.filter(({ code }) => code !== 'CONFLICT');
    if (errors.length > 0)
      log.warn(
        { campaignId: id, errors },
        'a scheduled campaign is refused at its time and tried again in half a minute',
      );
    return result.ok;
  };
  const metrics = createSchedulerMetrics(options.metrics);
  const delivery = createDelivery({ env, database, eventLog, sending, start, metrics, tracing, log });
  const webhooks = createWebhooks({
    env,
    database,
    eventLog,
    campaigns: stores.campaigns,
    metrics: options.metrics,
    log,
  });
  const secret = { secret: env.INTERNAL_SECRET };
  const door = await createSubgraph({
    typeDefs,
    resolvers: createResolvers({ ...useCases, ...webhooks.useCases }, (error) =>
      log.warn({ error }, 'the progress that is watched cannot be read'),
    ),
    actorOf: (req, body) => verifyRequest(req, body, secret),
    log,
    observer: createDoorMetrics(options.metrics),
    traces: createRequestTraces(tracing),
  });
  const files = { actorOf: (req: IncomingMessage) => verifyRequest(req, streamedBody, secret), log };
  const upload = createUploadRoute({ ...files, importContacts: useCases.importContacts, silentMs: 60_000 });
  const downloads = createDownloadRoutes({ ...files, ...stores });
  const parts: Part[] = [
    ...tracingParts(tracing),
    { name: 'database', ready: () => database.isReady(), stop: () => database.close() },
    { name: 'event-log', ready: () => eventLog.isReady(), stop: () => eventLog.close() },
    { name: 'topics', start: () => eventLog.ensureTopics(topicSpecs(topics, env.LANES)) },
    ...delivery.parts,
    ...webhooks.parts,
    repeat({ name: 'imports', everyMs: 15_000, work: (signal) => sweepImports(database.sql, signal), log }),
    repeat({ name: 'contacts', everyMs: 600_000, work: (signal) => sweepContacts(database.sql, signal), log }),
    repeat({ name: 'idempotency', everyMs: 60_000, work: (signal) => forgetKeys(database.sql, signal), log }),
    readSenderStatus({ eventLog, held, log }),
    door.part,
  ];
  return { parts, routes: [...door.routes, upload, ...downloads] };
};
