/** Starts the parts of a service in order, and stops them in reverse order; knows nothing of signals and never exits. */
import { messageOf } from '@sendpool/kernel';
import { startHttp, type HttpOptions, type HttpServer, type Route } from './http.ts';
import type { Log } from './log.ts';
import type { Metrics } from './metrics.ts';
import type { Part } from './part.ts';
import type { Upgrade } from './upgrades.ts';

export type ServiceOptions = {
  name: string;
  http: HttpOptions;
  /** Started in this order, stopped in the reverse one. */
  parts: readonly Part[];
  log: Log;
  metrics: Metrics;
  routes?: readonly Route[];
  upgrades?: readonly Upgrade[];
};

export type RunningService = {
  readonly port: number;
  /** Resolves true when every part stopped without a fault. */
  stop(deadlineMs: number): Promise<boolean>;
};

/** Running requests get a third of the time, the parts the rest. */
const requestShare = 1 / 3;

const stopParts = async (parts: readonly Part[], endsAt: number, log: Log): Promise<boolean> => {
  let clean = true;
  for (const part of parts.toReversed()) {
    try {
      await part.stop?.(Math.max(0, endsAt - performance.now()));
    } catch (error) {
      clean = false;
      log.error({ error, part: part.name }, `${part.name} did not stop as it should`);
    }
  }
  return clean;
};

const startParts = async (parts: readonly Part[], started: Part[]): Promise<void> => {
  for (const part of parts) {
    await part.start?.();
    started.push(part);
  }
};

const readinessOf = (options: ServiceOptions, started: readonly Part[], open: boolean) => {
  const isReady = (part: Part): boolean => started.includes(part) && (part.ready?.() ?? true);
  const parts = Object.fromEntries(options.parts.map((part) => [part.name, isReady(part)]));
  return { ready: open && started.length === options.parts.length && Object.values(parts).every(Boolean), parts };
};

const stopAll = async (
  server: HttpServer,
  started: readonly Part[],
  end: { ms: number; log: Log },
): Promise<boolean> => {
  const endsAt = performance.now() + end.ms;
  const drained = server.drain(end.ms * requestShare);
  for (const part of started) part.drain?.();
  await drained;
  const clean = await stopParts(started, endsAt, end.log);
  await server.close();
  return clean;
};

const logFault = ({ log, name }: ServiceOptions, error: unknown): void =>
  log.error({ error }, `${name} could not start: ${messageOf(error)}`);

const failToStart = (options: ServiceOptions, error: unknown): never => {
  logFault(options, error);
  throw error;
};

/**
 * Serves /healthz and /readyz while the parts start. When one of them fails, those that have started are stopped again
 * and its error is thrown.
 */
export const startService = async (options: ServiceOptions): Promise<RunningService> => {
  const { log, metrics, routes = [], upgrades = [] } = options;
  const started: Part[] = [];
  let open = false;
  const server = await startHttp(options.http, {
    routes,
    upgrades,
    log,
    metrics,
    readiness: () => readinessOf(options, started, open),
  }).catch((error: unknown) => failToStart(options, error));
  const stop = (deadlineMs: number): Promise<boolean> => {
    open = false;
    return stopAll(server, started, { ms: deadlineMs, log });
  };
  try {
    await startParts(options.parts, started);
  } catch (error) {
    logFault(options, error);
    await stop(5000);
    throw error;
  }
  server.open();
  open = true;
  return { port: server.port, stop };
};
