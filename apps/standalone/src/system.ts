/** A whole Sendpool on this machine: PostgreSQL, Kafka where the shape asks for it, and every service, started and stopped as one. */
import { join } from 'node:path';
import { AppError } from '@sendpool/kernel';
import { makeFolder } from '@sendpool/service';
import { unlessAborted } from './answer-within.ts';
import { planKafka, planPostgres } from './backing.ts';
import { checkBeforeStart, noteEventLog } from './before-start.ts';
import { lockFolder } from './folder-lock.ts';
import { writeProcessTable } from './process-table.ts';
import { createProcesses, type Processes } from './processes.ts';
import { untilKeyIsKnown, untilReady } from './readiness.ts';
import type { ProcessKind } from './running-process.ts';
import { isOpen } from './ports.ts';
import { openSecrets, type GivenKeys } from './secrets.ts';
import { startService } from './service-process.ts';
import { planServices, type ServicePlan } from './services.ts';
import { serviceNames, type Shape } from './shape.ts';
import { createSupervisor, type Supervisor } from './supervisor.ts';

export type SystemOptions = {
  dataFolder: string;
  shape: Shape;
  /** Of the first gateway; further ones take the ports after it. 0 takes free ones. */
  gatewayPort: number;
  logLevel: string;
  /** Whether gateways have the page /graphiql; left out, it is as the variable GRAPHIQL says. */
  graphiql?: boolean;
  /** An existing PostgreSQL instead of the embedded one. */
  databaseUrl?: string | undefined;
  /** Existing brokers, `host:port,host:port`, instead of the one that the shape KAFKA starts. */
  kafkaBrokers?: string | undefined;
  /** An existing event log of any kind; nothing is started for it then. */
  eventLogUrl?: string | undefined;
  /** CREDENTIALS_KEY and the one before, where the user gave them. */
  keys?: GivenKeys;
  /** Told when a process ended by itself and is started again. */
  onRestart(name: string, reason: string): void;
  /** Aborts a start that is under way; what already runs is stopped. */
  signal?: AbortSignal;
};

export type System = {
  /** Where front ends and integrators talk to: POST /graphql, POST /audiences/{id}/contacts. */
  gatewayUrl: string;
  /** Of all gateways, that one first. */
  gatewayUrls: readonly string[];
  /** Only at the very first start with this data folder. */
  firstAdminKey: string | undefined;
  /** With its password. */
  databaseUrl: string;
  eventLogUrl: string;
  processes: Processes;
  /** Ends every process, all of a kind at a time; the services of a kind within `deadlineMs` in all. */
  stop(deadlineMs: number): Promise<void>;
};

const readyTimeoutMs = 120_000;
/** Every kind of service gets this long to stop, even when the ones before it used up the time. */
const leastMercyMs = 1_000;
const stopOrder: readonly ProcessKind[] = [...[...serviceNames].reverse(), 'kafka', 'postgres'];

const checkPorts = async ({ gatewayPort, shape }: SystemOptions): Promise<void> => {
  if (gatewayPort === 0) return;
  const ports = Array.from({ length: shape.replicas.gateway }, (_, index) => gatewayPort + index);
  for (const port of ports)
    if (await isOpen(port)) throw new AppError('BAD_CONFIGURATION', `Port ${port} is in use: set PORT to another one.`);
};

const stopAll = async (supervisor: Supervisor, deadlineMs: number): Promise<void> => {
  const end = performance.now() + deadlineMs;
  for (const kind of stopOrder) {
    const names = supervisor.plans().filter((plan) => plan.kind === kind);
    const mercyMs = Math.max(leastMercyMs, end - performance.now());
    await Promise.all(names.map(({ name }) => supervisor.stop(name, mercyMs)));
  }
};

type Addresses = { databaseUrl: string; eventLogUrl: string };

/** Aborted, with what to say, when a service cannot run with its settings; once the system is up, that is no more than another end. */
const createRefusal = (dataFolder: string) => {
  const refusal = new AbortController();
  let isUp = false;
  return {
    signal: refusal.signal,
    givesUp: (name: string, reason: string): boolean => {
      if (isUp) return false;
      const where = join(dataFolder, 'logs', `${name}.log`);
      refusal.abort(
        new AppError('BAD_CONFIGURATION', `${name} cannot run with these settings (${reason}); see ${where}`),
      );
      return true;
    },
    isUp: () => {
      isUp = true;
    },
  };
};

const startBase = async (supervisor: Supervisor, options: SystemOptions): Promise<Addresses> => {
  const { dataFolder, databaseUrl, eventLogUrl, kafkaBrokers, shape } = options;
  const postgres = databaseUrl === undefined ? await planPostgres(dataFolder) : undefined;
  const needsBroker = shape.eventLog === 'KAFKA' && kafkaBrokers === undefined && eventLogUrl === undefined;
  const kafka = needsBroker ? await planKafka(dataFolder) : undefined;
  for (const backing of [postgres, kafka]) if (backing !== undefined) await supervisor.start(backing.plan);
  const database = databaseUrl ?? postgres!.url();
  if (eventLogUrl !== undefined) return { databaseUrl: database, eventLogUrl };
  if (shape.eventLog === 'POSTGRES') return { databaseUrl: database, eventLogUrl: database };
  return { databaseUrl: database, eventLogUrl: kafka?.url() ?? `kafka://${kafkaBrokers}` };
};

const startServices = async (supervisor: Supervisor, options: SystemOptions, addresses: Addresses): Promise<System> => {
  const { dataFolder, gatewayPort, logLevel, graphiql, shape, signal } = options;
  const { secrets, firstAdminKey } = openSecrets(dataFolder, options.keys);
  const plans = await planServices({ ...addresses, shape, dataFolder, gatewayPort, secrets, logLevel, graphiql });
  const start = (plan: ServicePlan): Promise<void> =>
    supervisor.start({
      name: plan.name,
      kind: plan.service,
      start: () => Promise.resolve(startService(plan, dataFolder)),
    });
  const startReady = async (plan: ServicePlan): Promise<void> => {
    await start(plan);
    await untilReady([plan], readyTimeoutMs, signal);
  };
  for (const plan of plans.first) await start(plan);
  await untilReady(plans.first, readyTimeoutMs, signal);
  const gateways = plans.first.filter(({ service }) => service === 'gateway');
  const gatewayUrls = gateways.map(({ port }) => `http://127.0.0.1:${port}`);
  if (firstAdminKey !== undefined) for (const url of gatewayUrls) await untilKeyIsKnown(url, firstAdminKey);
  const processes = createProcesses({ supervisor, plans, startReady });
  const stop = (deadlineMs: number): Promise<void> => stopAll(supervisor, deadlineMs);
  return { ...addresses, gatewayUrl: gatewayUrls[0]!, gatewayUrls, firstAdminKey, processes, stop };
};

const startInFolder = async (options: SystemOptions): Promise<System> => {
  const { dataFolder, onRestart, signal: end = new AbortController().signal } = options;
  await unlessAborted(end, checkPorts(options));
  const eventLog = await unlessAborted(end, checkBeforeStart(options));
  const refusal = createRefusal(dataFolder);
  const onChange = (all: Parameters<typeof writeProcessTable>[1]): void => writeProcessTable(dataFolder, all);
  const supervisor = createSupervisor({ onRestart, givesUp: refusal.givesUp, onChange });
  const signal = AbortSignal.any([refusal.signal, end]);
  try {
    const addresses = await startBase(supervisor, options);
    signal.throwIfAborted();
    await noteEventLog(options, eventLog);
    const system = await startServices(supervisor, { ...options, signal }, addresses);
    refusal.isUp();
    return system;
  } catch (error) {
    await stopAll(supervisor, 5_000);
    if (refusal.signal.aborted) throw refusal.signal.reason;
    if (error instanceof AppError && error.code === 'UNAVAILABLE')
      throw new AppError('UNAVAILABLE', `${error.message}; see ${join(dataFolder, 'logs')}`, { cause: error });
    throw error;
  }
};

/**
 * Starts everything and resolves when every service is ready. Throws AppError BAD_CONFIGURATION when folder or port are in use,
 * a setting cannot be used, the folder belongs to another event log, a broker cannot be had, or a service says that it cannot run with its settings, and UNAVAILABLE when `signal` is aborted or a service does not come up.
 */
export const startSystem = async (options: SystemOptions): Promise<System> => {
  makeFolder(options.dataFolder);
  const release = lockFolder(options.dataFolder);
  try {
    const system = await startInFolder(options);
    return { ...system, stop: (deadlineMs) => system.stop(deadlineMs).finally(release) };
  } catch (error) {
    release();
    if (options.signal?.aborted !== true) throw error;
    throw new AppError('UNAVAILABLE', 'the start was ended', { cause: error });
  }
};
