/** The one owner of a process: runs a service until a signal asks it to stop, and decides with which code it exits. */
import { isAppError, messageOf } from '@sendpool/kernel';
import { createLog } from './log.ts';
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

/** What was raised on purpose, as for a wrong environment, says all in its message; anything else is a bug, with its stack. */
const endUnprepared = (name: string, error: unknown): never => {
  const fields = isAppError(error) ? { code: error.code, cause: error.cause } : { error };
  createLog({ name, level: 'error' }).error(fields, `${name} could not start: ${messageOf(error)}`);
  process.exit(1);
};

/** What of a service is known once its environment has been read and its clients have been made. */
type PreparedService = Omit<ServiceOptions, 'name'>;

/**
 * Starts the parts in order, serves /healthz, /readyz, /metrics and the routes on one port, and prints one line when ready.
 * SIGTERM and SIGINT: not ready any more, running requests and parts finish in reverse order, exit 0 (1 when a part failed to,
 * or after 30 s). When `prepare` throws, and for anything thrown that nobody caught: one line in the log, exit 1.
 * Never returns before the process ends.
 */
export const runService = async (name: string, prepare: () => Promise<PreparedService>): Promise<void> => {
  const options = { name, ...(await prepare().catch((error: unknown) => endUnprepared(name, error))) };
  const { log, http } = options;
  exitOnFault(options);
  const stopping = untilAsked(options);
  const service = await start(options);
  log.info({ host: http.host, port: service.port }, `${name} is ready on http://${http.host}:${service.port}`);
  await stopping;
  const clean = await service.stop(stopMs);
  log.info({ clean }, `${name} has stopped`);
  process.exit(clean ? 0 : 1);
};
