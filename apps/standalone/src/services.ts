/** The processes of the services: name, port and environment of each. */
import { join } from 'node:path';
import { freePort } from './ports.ts';
import type { Secrets } from './secrets.ts';
import { replicaName, replicaNames, serviceNames, type ServiceName, type Shape } from './shape.ts';

export type ServicePlan = { name: string; service: ServiceName; port: number; env: Record<string, string> };

export type Wiring = {
  shape: Shape;
  dataFolder: string;
  databaseUrl: string;
  eventLogUrl: string;
  /** Of the first gateway; further ones follow it. 0 takes free ones. */
  gatewayPort: number;
  secrets: Secrets;
  logLevel: string;
  /** Undefined: as the launcher's own environment says. */
  graphiql?: boolean | undefined;
};

export type ServicePlans = {
  /** The processes of the shape, in the order in which they start. */
  first: readonly ServicePlan[];
  /** One more process of a service: the first name that is not among `taken`. A name that was there before has its port again. */
  another(service: ServiceName, taken: ReadonlySet<string>): Promise<ServicePlan>;
};

type Ports = Map<string, number>;

const urlsOf = (service: ServiceName, { shape }: Wiring, ports: Ports): string =>
  replicaNames(service, shape)
    .map((name) => `http://127.0.0.1:${ports.get(name)!}`)
    .join(',');

const keysIn = ({ credentialsKey, credentialsKeyPrevious }: Secrets): Record<string, string> => ({
  CREDENTIALS_KEY: credentialsKey,
  ...(credentialsKeyPrevious === undefined ? {} : { CREDENTIALS_KEY_PREVIOUS: credentialsKeyPrevious }),
});

/** What a service gets only when its plan names it, whatever the launcher's own environment has. */
const secretVariables: ReadonlySet<string> = new Set([
  'CREDENTIALS_KEY',
  'CREDENTIALS_KEY_PREVIOUS',
  'DATABASE_URL',
  'INTERNAL_SECRET',
  'KAFKA_BROKERS',
  'KAFKA_PASSWORD',
  'KAFKA_USERNAME',
  'WEBHOOK_KEY',
  'WEBHOOK_KEY_PREVIOUS',
]);

/** The whole environment of the process: what the plan says, and what `source`, the launcher's own one, hands on. */
export const wholeEnvironment = ({ env }: ServicePlan, source: NodeJS.ProcessEnv): NodeJS.ProcessEnv => ({
  ...Object.fromEntries(Object.entries(source).filter(([name]) => !secretVariables.has(name))),
  ...env,
});

/** What `KAFKA_BROKERS` leaves out of user and password may be in these. */
const kafkaLogIn = ({ eventLogUrl }: Wiring, source: NodeJS.ProcessEnv): Record<string, string> => {
  if (!eventLogUrl.startsWith('kafka:')) return {};
  const { KAFKA_USERNAME: user, KAFKA_PASSWORD: password } = source;
  return {
    ...(user === undefined ? {} : { KAFKA_USERNAME: user }),
    ...(password === undefined ? {} : { KAFKA_PASSWORD: password }),
  };
};

const environmentOf = (
  { name, service, port }: Omit<ServicePlan, 'env'>,
  wiring: Wiring,
  ports: Ports,
): Record<string, string> => {
  const { secrets } = wiring;
  const common = {
    // Elsewhere graphql compares each value twice: about 8 % of the CPU of a page at the gateway (bench api).
    NODE_ENV: 'production',
    HTTP_HOST: '127.0.0.1',
    HTTP_PORT: String(port),
    LOG_LEVEL: wiring.logLevel,
    EVENT_LOG_URL: wiring.eventLogUrl,
    ...kafkaLogIn(wiring, process.env),
    INTERNAL_SECRET: secrets.internalSecret,
    STATE_DIR: join(wiring.dataFolder, 'state', name),
  };
  const withDatabase = { ...common, DATABASE_URL: wiring.databaseUrl };
  switch (service) {
    case 'config':
      return {
        ...withDatabase,
        ...keysIn(secrets),
        BOOTSTRAP_ADMIN_KEY_PREFIX: secrets.adminKeyPrefix,
        BOOTSTRAP_ADMIN_KEY_HASH: secrets.adminKeyHash,
      };
    case 'scheduler':
      return { ...withDatabase, WEBHOOK_KEY: secrets.webhookKey };
    case 'stats':
      return withDatabase;
    case 'sender':
      return { ...common, ...keysIn(secrets) };
    case 'gateway':
      return {
        ...common,
        CONFIG_URL: urlsOf('config', wiring, ports),
        SCHEDULER_URL: urlsOf('scheduler', wiring, ports),
        STATS_URL: urlsOf('stats', wiring, ports),
        ...(wiring.graphiql === undefined ? {} : { GRAPHIQL: String(wiring.graphiql) }),
      };
  }
};

/** Only the ports of gateways are chosen by the user: one after the other from `gatewayPort` on. */
const portFor = (service: ServiceName, index: number, { gatewayPort }: Wiring): Promise<number> | number =>
  service === 'gateway' && gatewayPort !== 0 ? gatewayPort + index : freePort();

const choosePorts = async (wiring: Wiring): Promise<Ports> => {
  const ports: Ports = new Map();
  for (const service of serviceNames)
    for (const [index, name] of replicaNames(service, wiring.shape).entries())
      ports.set(name, await portFor(service, index, wiring));
  return ports;
};

const freeName = (service: ServiceName, { replicas }: Shape, taken: ReadonlySet<string>): string => {
  for (let number = 1; ; number++) {
    const name = replicaName(service, number, replicas[service]);
    if (!taken.has(name)) return name;
  }
};

/** Gives every process a port and its environment. Gateways know the config, scheduler and stats processes of the shape. */
export const planServices = async (wiring: Wiring): Promise<ServicePlans> => {
  const ports = await choosePorts(wiring);
  const planOf = (service: ServiceName, name: string): ServicePlan => {
    const plan = { name, service, port: ports.get(name)! };
    return { ...plan, env: environmentOf(plan, wiring, ports) };
  };
  return {
    first: serviceNames.flatMap((service) => replicaNames(service, wiring.shape).map((name) => planOf(service, name))),
    another: async (service, taken) => {
      const name = freeName(service, wiring.shape, taken);
      if (!ports.has(name)) ports.set(name, await freePort());
      return planOf(service, name);
    },
  };
};
