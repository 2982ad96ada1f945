/** How each server looks from this process, for the status topic and the metrics. */
import type { ServerState } from '../domain/server-state.ts';
import type { Context } from './context.ts';
import type { Server } from './server.ts';

const statusOf = (context: Context, server: Server): ServerState => {
  const [now, elapsed] = [context.clock.now(), context.clock.monotonic()];
  const until = server.breaker.until();
  return {
    serverId: server.config.id,
    queued: server.queue.length + server.starting + server.ready.length,
    inFlight: server.running,
    connections: server.lines.size,
    connectionShare: server.connections,
    connectionPlan: server.allowed,
    rateFactor: 1,
    limitedBy: null,
    breaker: server.breaker.state(elapsed),
    breakerUntil: until === null ? null : Math.round(now + until - elapsed),
    lastError: server.lastError,
    failovers: server.failovers,
  };
};

export const statusOfServers = (context: Context): ServerState[] =>
  [...context.servers.values()].filter(({ config }) => !config.deleted).map((server) => statusOf(context, server));
