/** The whole API in this process: gateway, config, scheduler and stats as they start for real, over one PostgreSQL. Nothing is sent. */
import { AsyncLocalStorage } from 'node:async_hooks';
import { randomBytes } from 'node:crypto';
import { deliveryEventsTopic } from '@sendpool/contracts';
import { freshDatabase } from '@sendpool/database/testing';
import { createEventLog, type EventLog } from '@sendpool/event-log';
import { sleep } from '@sendpool/kernel';
import {
  createLog,
  createMetrics,
  startService,
  type Part,
  type Route,
  type RunningService,
  type Upgrade,
} from '@sendpool/service';
import { outcomeRecord } from '@sendpool/testing';
import { hashOf, newKeyText, prefixOf } from '../../apps/config/src/domain/api-key.ts';
import { readConfigEnv } from '../../apps/config/src/env.ts';
import { createConfigService } from '../../apps/config/src/service.ts';
import { readGatewayEnv } from '../../apps/gateway/src/env.ts';
import { createGatewayService } from '../../apps/gateway/src/service.ts';
import { readSchedulerEnv } from '../../apps/scheduler/src/env.ts';
import { createSchedulerService } from '../../apps/scheduler/src/service.ts';
import { readStatsEnv } from '../../apps/stats/src/env.ts';
import { createStatsService } from '../../apps/stats/src/service.ts';
import { createDoor, type Door } from './public-door.ts';

export const serviceNames = ['config', 'scheduler', 'stats'] as const;
export type ServiceName = (typeof serviceNames)[number];

/** One for all, because it listens to the standard output of the process. */
const log = createLog({ name: 'api scene', level: 'error' });

type Made = { parts: Part[]; routes: Route[]; upgrades?: Upgrade[] };
type Options = { log: ReturnType<typeof createLog>; metrics: ReturnType<typeof createMetrics> };

const makers = (settings: NodeJS.ProcessEnv): Record<ServiceName, (options: Options) => Promise<Made>> => ({
  config: (options) => createConfigService({ env: readConfigEnv(settings), ...options }),
  scheduler: (options) => createSchedulerService({ env: readSchedulerEnv(settings), ...options }),
  stats: (options) => createStatsService({ env: readStatsEnv(settings), ...options }),
});

export type ApiScene = {
  readonly door: Door;
  readonly eventLog: EventLog;
  /** Names of the services that were asked, in their order. */
  readonly asked: ServiceName[];
  /** Ends one service as a stop of its process would. */
  end(name: ServiceName): Promise<void>;
  stop(): Promise<void>;
};

/** Whether this is done for a request, and not by a service of itself. */
export const isForRequest = (): boolean => requests.getStore() === true;
const requests = new AsyncLocalStorage<true>();

const counted = (routes: readonly Route[], asked: () => void): Route[] =>
  routes.map((route) => ({
    ...route,
    handle: (req, res) => {
      asked();
      return requests.run(true, () => route.handle(req, res));
    },
  }));

const startOne = async (
  name: string,
  make: (options: Options) => Promise<Made>,
  asked: () => void,
): Promise<RunningService> => {
  const options = { log, metrics: createMetrics(name) };
  const { routes, ...made } = await make(options);
  const http = { host: '127.0.0.1', port: 0 };
  return startService({ name, http, ...options, ...made, routes: counted(routes, asked) });
};

const isOpen = async (door: Door): Promise<boolean> => (await door.query('{ statsLag { behind } }')).status === 200;

export const startApiScene = async (): Promise<ApiScene> => {
  const database = await freshDatabase();
  const key = newKeyText();
  const settings = {
    HTTP_PORT: '0',
    DATABASE_URL: database.url,
    EVENT_LOG_URL: database.url,
    INTERNAL_SECRET: 's'.repeat(32),
    CREDENTIALS_KEY: randomBytes(32).toString('base64'),
    WEBHOOK_KEY: randomBytes(32).toString('base64'),
    BOOTSTRAP_ADMIN_KEY_HASH: hashOf(key),
    BOOTSTRAP_ADMIN_KEY_PREFIX: prefixOf(key),
    RATE_LIMIT_PER_MINUTE: '100000000',
    LANES: '2',
  };
  const asked: ServiceName[] = [];
  const make = makers(settings);
  const start = (name: ServiceName) => startOne(name, make[name], () => void asked.push(name));
  const services = { config: await start('config'), scheduler: await start('scheduler'), stats: await start('stats') };
  const urls = Object.fromEntries(
    serviceNames.map((name) => [`${name.toUpperCase()}_URL`, `http://127.0.0.1:${services[name].port}`]),
  );
  const env = readGatewayEnv({ ...settings, ...urls });
  const gateway = await startOne(
    'gateway',
    (options) => createGatewayService({ env, ...options }),
    () => undefined,
  );
  const door = createDoor(() => `http://127.0.0.1:${gateway.port}`, key);
  while (!(await isOpen(door))) await sleep(20);
  const eventLog = await createEventLog({ url: database.url, applicationName: 'api scene' });
  const running = new Set<ServiceName>(serviceNames);
  const end = async (name: ServiceName): Promise<void> => {
    if (running.delete(name)) await services[name].stop(5000);
  };
  const stop = async (): Promise<void> => {
    await gateway.stop(5000);
    for (const name of serviceNames) await end(name);
    await eventLog.close();
    await database[Symbol.asyncDispose]();
  };
  return { door, eventLog, asked, end, stop };
};

export type Told = { campaignId: string; poolId: string; serverId: string };

/** An outcome of a recipient that the scheduler does not know, so that stats has a number for this server and campaign. */
export const tellOutcome = ({ eventLog }: ApiScene, { campaignId, poolId, serverId }: Told, sequence: number) =>
  eventLog.publish(deliveryEventsTopic.name, [
    {
      partition: 0,
      key: null,
      value: deliveryEventsTopic.encode(outcomeRecord({ sequence, campaignId, at: Date.now(), poolId, serverId })),
    },
  ]);
