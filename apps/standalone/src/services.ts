/** The services of a standalone system, in the order in which they start, and the environment of each. */
import { createServer, type AddressInfo } from 'node:net';
import type { Secrets } from './secrets.ts';

export const serviceNames = ['config', 'scheduler', 'stats', 'sender', 'gateway'] as const;
export type ServiceName = (typeof serviceNames)[number];

export type Service = { name: ServiceName; port: number; env: Record<string, string> };

/** A port of 127.0.0.1 that was free a moment ago. */
const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });

type Wiring = { databaseUrl: string; gatewayPort: number; secrets: Secrets; logLevel: string };

const environmentOf = (
  name: ServiceName,
  ports: Record<ServiceName, number>,
  wiring: Wiring,
): Record<string, string> => {
  const { databaseUrl, secrets, logLevel } = wiring;
  const common = {
    HTTP_HOST: '127.0.0.1',
    HTTP_PORT: String(ports[name]),
    LOG_LEVEL: logLevel,
    EVENT_LOG_URL: databaseUrl,
    INTERNAL_SECRET: secrets.internalSecret,
  };
  const withDatabase = { ...common, DATABASE_URL: databaseUrl };
  const urlOf = (service: ServiceName): string => `http://127.0.0.1:${ports[service]}`;
  switch (name) {
    case 'config':
      return {
        ...withDatabase,
        CREDENTIALS_KEY: secrets.credentialsKey,
        BOOTSTRAP_ADMIN_KEY_PREFIX: secrets.adminKeyPrefix,
        BOOTSTRAP_ADMIN_KEY_HASH: secrets.adminKeyHash,
      };
    case 'scheduler':
    case 'stats':
      return withDatabase;
    case 'sender':
      return { ...common, CREDENTIALS_KEY: secrets.credentialsKey };
    case 'gateway':
      return {
        ...common,
        CONFIG_URL: urlOf('config'),
        SCHEDULER_URL: urlOf('scheduler'),
        STATS_URL: urlOf('stats'),
      };
  }
};

/** Gives every service a port and its environment. Only the gateway's port is chosen by the user. */
export const planServices = async (wiring: Wiring): Promise<Service[]> => {
  const ports: Record<ServiceName, number> = {
    config: await freePort(),
    scheduler: await freePort(),
    stats: await freePort(),
    sender: await freePort(),
    gateway: wiring.gatewayPort === 0 ? await freePort() : wiring.gatewayPort,
  };
  return serviceNames.map((name) => ({ name, port: ports[name], env: environmentOf(name, ports, wiring) }));
};
