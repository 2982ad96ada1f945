/** Pools and servers as config wants them in force: the newest revision of each, for the judge and for those who look. */
import {
  defaultRotateOut,
  warmUpPlace,
  type PoolConfig,
  type SendingConfig,
  type SendingServerConfig,
  type WarmUp,
} from '@sendpool/contracts';
import type { PoolMember } from './evidence.ts';

/** What config and the clock say of a member. */
export type DeclaredMember = Omit<PoolMember, 'series' | 'ejectedAt'>;

export type PoolBoard = {
  apply(config: SendingConfig): void;
  /** Undefined when there is none, or none any more. */
  pool(id: string): PoolConfig | undefined;
  pools(): PoolConfig[];
  /** Ids of all servers that there are. */
  serverIds(): string[];
  /** The bounce rate that the server is allowed: the strictest of its pools. 0 to 1. */
  limitOf(serverId: string): number;
  /** `now` in milliseconds since 1970. */
  members(pool: PoolConfig, now: number): DeclaredMember[];
};

/** True from the first day of the plan to the last; days on which it was held are repeated. */
export const isWarmingUp = (warmUp: WarmUp | null, now: number): boolean => {
  if (warmUp === null) return false;
  const place = warmUpPlace(warmUp, now);
  return place >= 0 && place < warmUp.perDay.length;
};

const putNewest = <Config extends { id: string; revision: number }>(
  known: Map<string, Config>,
  config: Config,
): void => {
  if ((known.get(config.id)?.revision ?? -1) < config.revision) known.set(config.id, config);
};

const isUsable = (server: SendingServerConfig | undefined, weight: number): boolean =>
  server !== undefined && !server.deleted && server.verified && server.state === 'ACTIVE' && weight > 0;

export const createPoolBoard = (): PoolBoard => {
  const servers = new Map<string, SendingServerConfig>();
  const pools = new Map<string, PoolConfig>();
  const living = (): PoolConfig[] => [...pools.values()].filter(({ deleted }) => !deleted);
  return {
    apply: (config) => (config.type === 'SERVER' ? putNewest(servers, config) : putNewest(pools, config)),
    pool: (id) => living().find((pool) => pool.id === id),
    pools: living,
    serverIds: () => [...servers.values()].filter(({ deleted }) => !deleted).map(({ id }) => id),
    limitOf: (serverId) => {
      const own = living().filter(({ members }) => members.some((member) => member.serverId === serverId));
      const limits = own.map(({ rotateOut }) => rotateOut.maxBounceRate);
      return limits.length === 0 ? defaultRotateOut.maxBounceRate : Math.min(...limits);
    },
    members: (pool, now) =>
      pool.members.map(({ serverId, weight, rotation }) => {
        const server = servers.get(serverId);
        const warmUp = server?.warmUp ?? null;
        return {
          serverId,
          weight,
          rotation,
          isUsable: isUsable(server, weight),
          isWarmingUp: isWarmingUp(warmUp, now),
        };
      }),
  };
};
