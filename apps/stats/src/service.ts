/** The stats service as parts and routes: delivery events become numbers, senders' words become health, both are asked by GraphQL. */
import {
  campaignsTopic,
  deliveryEventsTopic,
  rotationVerdictsTopic,
  senderStatusTopic,
  sendingConfigTopic,
  serverUsageTopic,
  topicSpecs,
} from '@sendpool/contracts';
import { createDatabase } from '@sendpool/database';
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
import { createDeliveryEvents } from './api/events/delivery-events.consumer.ts';
import { createLiveDeliveryEvents } from './api/events/delivery-events.live.ts';
import { createSenderStatus } from './api/events/sender-status.reader.ts';
import { createResolvers, typeDefs } from './api/graphql/resolvers.ts';
import { createCountEvents } from './domain/count-events.ts';
import { groupSaves } from './domain/group-saves.ts';
import { behindOf, lagOf, type Lag } from './domain/lag.ts';
import { createHealthBoard } from './domain/server-health.ts';
import type { StatsEnv } from './env.ts';
import { createRotation } from './rotation.ts';
import { createStatsMetrics } from './api/events/stats-metrics.ts';
import { createCountStore } from './store/count.store.ts';
import { statsDatabase } from './store/migrations.ts';
import { createNumbersStore } from './store/numbers.store.ts';

export type StatsService = { parts: Part[]; routes: Route[] };

const topicsOfStats = [
  deliveryEventsTopic,
  senderStatusTopic,
  sendingConfigTopic,
  campaignsTopic,
  rotationVerdictsTopic,
  serverUsageTopic,
];

const hourMs = 3_600_000;
const lagEveryMs = 5000;

/** Opens the database and the event log; the parts begin to work, and close both at the end. */
export const createStatsService = async (options: {
  env: StatsEnv;
  log: Log;
  metrics: Metrics;
}): Promise<StatsService> => {
  const { env, log } = options;
  const metrics = createStatsMetrics(options.metrics);
  const database = await createDatabase({ ...statsDatabase, url: env.DATABASE_URL });
  const tracing = await createTracing({ service: 'stats', endpoint: env.OTEL_EXPORTER_OTLP_ENDPOINT });
  const eventLog = await createEventLog({
    url: env.EVENT_LOG_URL,
    applicationName: statsDatabase.applicationName,
    stateFolder: env.STATE_DIR,
    onWarning: (message) => log.warn({}, message),
    observer: createEventLogMetrics(options.metrics),
  });
  const numbers = createNumbersStore(database);
  const counting = createCountEvents(groupSaves(createCountStore(database)));
  const board = createHealthBoard(Date.now);
  const { parts: rotationParts, ...rotation } = createRotation({ database, eventLog, log });
  const standing = async () => [await numbers.positions(), await eventLog.bounds(deliveryEventsTopic.name)] as const;
  const lag = async (): Promise<Lag> => lagOf(...(await standing()));
  const events = createLiveDeliveryEvents({ eventLog });
  const onFault = (error: unknown): void => log.warn({ error }, 'numbers that are watched cannot be read');
  const door = await createSubgraph({
    typeDefs,
    resolvers: createResolvers({ numbers, ...rotation, healthOf: board.healthOf, now: Date.now, lag, events, onFault }),
    actorOf: (req, body) => verifyRequest(req, body, { secret: env.INTERNAL_SECRET }),
    log,
    observer: createDoorMetrics(options.metrics),
    traces: createRequestTraces(tracing),
  });
  const topics = topicSpecs(topicsOfStats, env.LANES);
  const dropOldMinutes = () => numbers.dropMinutes(Date.now() - env.MINUTES_KEPT_DAYS * 24 * hourMs);
  const measureLag = async () => metrics.behind(behindOf(...(await standing())));
  const parts: Part[] = [
    ...tracingParts(tracing),
    { name: 'database', ready: () => database.isReady(), stop: () => database.close() },
    { name: 'event-log', ready: () => eventLog.isReady(), stop: () => eventLog.close() },
    { name: 'topics', start: () => eventLog.ensureTopics(topics) },
    createDeliveryEvents({ eventLog, counting, log, metrics, tracing }),
    createSenderStatus({ eventLog, board, log }),
    ...rotationParts,
    repeat({ name: 'old-minutes', everyMs: hourMs, work: dropOldMinutes, log }),
    repeat({ name: 'lag', everyMs: lagEveryMs, work: measureLag, log }),
    events.part,
    door.part,
  ];
  return { parts, routes: door.routes };
};
