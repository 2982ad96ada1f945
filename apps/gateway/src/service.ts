/** The gateway as parts and routes: API keys from the log, public GraphQL over the services, uploads to the scheduler. */
import { createEventLog } from '@sendpool/event-log';
import {
  createGateway,
  createRateLimit,
  createRefuseStranger,
  createSpending,
  createStitchedEngine,
} from '@sendpool/graphql';
import {
  createEventLogMetrics,
  createGatewayMetrics,
  createRequestTraces,
  createTracing,
  tracingParts,
  signRequest,
  type Log,
  type Metrics,
  type Part,
  type Route,
  type Upgrade,
} from '@sendpool/service';
import { readFileSync } from 'node:fs';
import { createDownloads } from './api/http/downloads.ts';
import { createGraphiql } from './api/http/graphiql.ts';
import { createTransfers } from './api/http/transfer.ts';
import { createUpload } from './api/http/upload.ts';
import { costs } from './costs.ts';
import { readDocuments } from './documents.ts';
import type { GatewayEnv } from './env.ts';
import { createSignIn } from './sign-in.ts';

export type GatewayService = { parts: Part[]; routes: Route[]; upgrades: Upgrade[] };

const readSupergraph = (): string => readFileSync(new URL('../supergraph.graphql', import.meta.url), 'utf8');

const graphqlOf = (origins: readonly string[]): string[] => origins.map((origin) => `${origin}/graphql`);

export const createGatewayService = async (options: {
  env: GatewayEnv;
  log: Log;
  metrics: Metrics;
}): Promise<GatewayService> => {
  const { env, log } = options;
  const documents = readDocuments(env);
  const observer = createGatewayMetrics(options.metrics);
  const tracing = await createTracing({ service: 'gateway', endpoint: env.OTEL_EXPORTER_OTLP_ENDPOINT });
  const traces = createRequestTraces(tracing, env.OTEL_TRACES_SAMPLER_ARG);
  const secret = env.INTERNAL_SECRET;
  const eventLog = await createEventLog({
    url: env.EVENT_LOG_URL,
    applicationName: 'sendpool gateway',
    onWarning: (message) => log.warn({}, message),
    observer: createEventLogMetrics(options.metrics),
  });
  const { authenticate, parts: signIn } = createSignIn({ env, eventLog, log });
  const engine = createStitchedEngine({
    supergraphSdl: readSupergraph(),
    urls: {
      config: graphqlOf(env.CONFIG_URL),
      scheduler: graphqlOf(env.SCHEDULER_URL),
      stats: graphqlOf(env.STATS_URL),
    },
    sign: (request) => signRequest(request, secret),
    log,
    observer,
    traces,
  });
  const refuseStranger = createRefuseStranger({ perMinute: env.STRANGERS_PER_MINUTE });
  const rateLimit = createRateLimit({ perMinute: env.RATE_LIMIT_PER_MINUTE });
  const door = await createGateway({
    engine,
    authenticate,
    refuseStranger,
    introspection: env.INTROSPECTION,
    costs,
    rateLimit,
    documents,
    origins: env.ALLOWED_ORIGINS,
    log,
    observer,
    traces,
  });
  const spending = createSpending(rateLimit);
  const transfers = createTransfers(
    { schedulerUrls: env.SCHEDULER_URL, secret, authenticate, refuseStranger, spending, log },
    [createUpload(env.UPLOAD_MAX_BYTES), ...createDownloads()],
  );
  const parts: Part[] = [
    ...tracingParts(tracing),
    { name: 'event-log', ready: () => eventLog.isReady(), stop: () => eventLog.close() },
    ...signIn,
    door.part,
    transfers.part,
  ];
  const graphiql = env.GRAPHIQL ? [await createGraphiql()] : [];
  return { parts, upgrades: [door.upgrade], routes: [...door.routes, ...transfers.routes, ...graphiql] };
};
