/** How each server looks from this process, for the status topic and the metrics. */
import { limitedBy } from '../domain/limits.ts';
import type { ServerState } from '../domain/server-state.ts';
import type { Context } from './context.ts';
import type { Server } from './server.ts';

const statusOf = (context: Context, server: Server): ServerState => {
  const [now, elapsed] = [context.clock.now(), context.clock.monotonic()];
  const until = server.breaker.until();
  return {
    serverId: server.config.id,
    queued: server.queue.length + server.starting.size + server.ready.length,
    inFlight: server.running,
    connections: server.lines.size,
    connectionShare: server.connections,
    connectionPlan: server.plan.size,
    rateFactor: server.limits.throttle.factor,
    limitedBy: limitedBy(server.limits),
    breaker: server.breaker.state(elapsed),
    breakerUntil: until === null ? null : Math.round(now + until - elapsed),
    lastError: server.lastError,
    failovers: server.failovers,
  };
};

export const statusOfServers = (context: Context): ServerState[] =>
  [...context.servers.values()].filter(({ config }) => !config.deleted).map((server) => statusOf(context, server));
