/** The one owner of a process: runs a service until a signal asks it to stop, and decides with which code it exits. */
import { startService, type RunningService, type ServiceOptions } from './start-service.ts';

/** After this time the process goes, whatever still runs. */
const watchdogMs = 30_000;
/** What the parts are given of it. */
const stopMs = 25_000;

const exitOnFault = ({ log, name }: ServiceOptions): void => {
  const end = (error: unknown): void => {
    log.error({ error }, `${name} ends: something was thrown that nobody caught`);
    process.exit(1);
  };
  process.on('uncaughtException', end);
  process.on('unhandledRejection', end);
};

const armWatchdog = ({ log, name }: ServiceOptions): void => {
  setTimeout(() => {
    log.error({}, `${name} did not stop within ${watchdogMs / 1000} s`);
    process.exit(1);
  }, watchdogMs);
};

/** Resolves at the first SIGTERM or SIGINT; later ones are heard and ignored. */
const stopSignal = (): Promise<NodeJS.Signals> =>
  new Promise((resolve) => {
    process.on('SIGTERM', resolve);
    process.on('SIGINT', resolve);
  });

const untilAsked = async (options: ServiceOptions): Promise<void> => {
  const signal = await stopSignal();
  armWatchdog(options);
  options.log.info({ signal }, `${options.name} stops`);
};

const start = (options: ServiceOptions): Promise<RunningService> => startService(options).catch(() => process.exit(1)); // startService has logged why

/**
 * Starts the parts in order, serves /healthz, /readyz, /metrics and the routes on one port, and prints one line when ready.
 * SIGTERM and SIGINT: not ready any more, running requests and parts finish in reverse order, exit 0 (1 when a part failed to,
 * or after 30 s). Anything thrown that nobody caught: log, exit 1. Never returns before the process ends.
 */
export const runService = async (options: ServiceOptions): Promise<void> => {
  const { log, name, http } = options;
  exitOnFault(options);
  const stopping = untilAsked(options);
  const service = await start(options);
  log.info({ host: http.host, port: service.port }, `${name} is ready on http://${http.host}:${service.port}`);
  await stopping;
  const clean = await service.stop(stopMs);
  log.info({ clean }, `${name} has stopped`);
  process.exit(clean ? 0 : 1);
};
