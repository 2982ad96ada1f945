/** Servers and pools as the scheduler sees them, and whether a campaign could be sent through a pool now. */
import { mayBeFrom, type PoolConfig, type SendingConfig, type SendingServerConfig } from '@sendpool/contracts';
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

const membersOf = (view: SendingView, pool: PoolConfig): SendingServerConfig[] =>
  pool.members
    .filter((member) => member.weight > 0)
    .map((member) => view.server(member.serverId))
    .filter((server) => server !== undefined);

const poolPath = ['sendingSettings', 'poolId'] as const;

export const noSuchPool = (): Refusal => badInput('there is no such pool', ...poolPath);

/** A text that could be the id of a pool; whether there is one is looked at when the campaign starts. */
export const isPoolId = (text: string): boolean => /^[\w-]{1,100}$/.test(text);

const mostShown = 20;

/** The domains that these servers may send From, as a sentence. */
const mayBeSent = (servers: readonly SendingServerConfig[]): string => {
  const domains = [...new Set(servers.flatMap(({ fromDomains }) => fromDomains))].sort();
  if (domains.length === 0) return 'they may send none';
  const more = domains.length > mostShown ? ` and ${domains.length - mostShown} more` : '';
  return `they may send ${domains.slice(0, mostShown).join(', ')}${more}`;
};

/** Why no member of this pool, usable now or not, may ever send From `domain`; empty when one may, or when the pool is not known. */
export const checkFrom = (view: SendingView, poolId: string, domain: string): Refusal[] => {
  const pool = view.pool(poolId);
  const members = pool === undefined ? [] : membersOf(view, pool);
  const isAllowed = members.some((server) => mayBeFrom(server.fromDomains, domain.toLowerCase()));
  if (pool === undefined || members.length === 0 || isAllowed) return [];
  return [badInput(`no member of pool ${pool.name} may send From ${domain}: ${mayBeSent(members)}`, 'from', 'address')];
};

/** Why this pool cannot send From `domain` now; empty when at least one member can. */
export const checkSending = (view: SendingView, poolId: string, domain: string): Refusal[] => {
  const pool = view.pool(poolId);
  if (pool === undefined) return [noSuchPool()];
  const usable = membersOf(view, pool).filter((server) => server.state === 'ACTIVE' && server.verified);
  if (usable.length === 0) {
    return [badInput(`pool ${pool.name} has no member that is active and verified with a weight above 0`, ...poolPath)];
  }
  if (usable.some((server) => mayBeFrom(server.fromDomains, domain.toLowerCase()))) return [];
  const message = `no usable member of pool ${pool.name} may send From ${domain}: ${mayBeSent(usable)}`;
  return [badInput(message, 'from', 'address')];
};
