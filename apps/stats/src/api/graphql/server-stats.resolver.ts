/** The numbers of a server as they change: one statement a second for all servers that are watched over the same window. */
import { createWatch, type RequestContext, type Watch } from '@sendpool/graphql';
import { windowStart, type StatsWindow } from '../../domain/windows.ts';
import type { ServerStats, SubscriptionServerStatsArgs } from './schema.generated.ts';
import { serverStats, type ServerResolverDeps } from './sending-server.resolver.ts';

export type ServerStatsDeps = Pick<ServerResolverDeps, 'numbers' | 'limitOf' | 'now'> & {
  /** Ids of all servers that there are. Of one that was deleted there may still be numbers. */
  serverIds(): readonly string[];
  onFault(error: unknown): void;
};

const createServerWatch = (window: StatsWindow, deps: ServerStatsDeps): Watch<ServerStats> =>
  createWatch({
    read: async (ids) => {
      const rows = await deps.numbers.byServer(ids, windowStart(window, deps.now()));
      const known = new Set([...deps.serverIds(), ...rows.keys()]);
      const found = ids.filter((id) => known.has(id));
      return new Map(found.map((id) => [id, serverStats(window, rows.get(id) ?? [], deps.limitOf(id))]));
    },
    notFound: 'There is no such sending server',
    onFault: deps.onFault,
  });

export const createServerStatsSubscription = (deps: ServerStatsDeps) => {
  const watches: Record<StatsWindow, Watch<ServerStats>> = {
    LAST_MINUTE: createServerWatch('LAST_MINUTE', deps),
    LAST_HOUR: createServerWatch('LAST_HOUR', deps),
    LAST_DAY: createServerWatch('LAST_DAY', deps),
    ALL: createServerWatch('ALL', deps),
  };
  return {
    subscribe: (_: object, { serverId, window }: SubscriptionServerStatsArgs, { signal }: RequestContext) =>
      watches[window ?? 'LAST_HOUR'].follow(serverId, signal),
    resolve: (stats: ServerStats) => stats,
  };
};
