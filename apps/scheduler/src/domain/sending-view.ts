/** Servers and pools as the scheduler sees them, and whether a campaign could be sent through a pool now. */
import type { PoolConfig, SendingConfig, SendingServerConfig } from '@sendpool/contracts';
import { badInput, type Refusal } from './refusal.ts';

export type SendingView = {
  /** Keeps the highest revision of each server and pool. */
  apply(config: SendingConfig): void;
  pool(id: string): PoolConfig | undefined;
  server(id: string): SendingServerConfig | undefined;
  serverIds(): string[];
};

export const createSendingView = (): SendingView => {
  const pools = new Map<string, PoolConfig>();
  const servers = new Map<string, SendingServerConfig>();
  return {
    apply: (config) => {
      if (config.type === 'POOL') keepNewest(pools, config);
      else keepNewest(servers, config);
    },
    pool: (id) => alive(pools.get(id)),
    server: (id) => alive(servers.get(id)),
    serverIds: () => [...servers.keys()],
  };
};

const keepNewest = <T extends { id: string; revision: number }>(kept: Map<string, T>, config: T): void => {
  if (config.revision > (kept.get(config.id)?.revision ?? -1)) kept.set(config.id, config);
};

const alive = <T extends { deleted: boolean }>(config: T | undefined): T | undefined =>
  config?.deleted === true ? undefined : config;

/** `*.example.com` stands for all subdomains, not for `example.com` itself. */
const maySend = (server: SendingServerConfig, domain: string): boolean =>
  server.fromDomains.some((allowed) => {
    const name = allowed.toLowerCase();
    return name.startsWith('*.') ? domain.endsWith(name.slice(1)) : domain === name;
  });

const membersOf = (view: SendingView, pool: PoolConfig): SendingServerConfig[] =>
  pool.members
    .filter((member) => member.weight > 0)
    .map((member) => view.server(member.serverId))
    .filter((server) => server !== undefined);

/** Why this pool cannot send From `domain` now; empty when at least one member can. */
export const checkSending = (view: SendingView, poolId: string, domain: string): Refusal[] => {
  const pool = view.pool(poolId);
  const path = ['sendingSettings', 'poolId'];
  if (pool === undefined) return [badInput('there is no such pool', ...path)];
  const usable = membersOf(view, pool).filter((server) => server.state === 'ACTIVE' && server.verified);
  if (usable.length === 0) {
    return [badInput(`pool ${pool.name} has no member that is active and verified with a weight above 0`, ...path)];
  }
  if (usable.some((server) => maySend(server, domain.toLowerCase()))) return [];
  return [badInput(`no usable member of pool ${pool.name} may send From ${domain}`, 'from', 'address')];
};
