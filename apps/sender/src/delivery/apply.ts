/** Puts new settings in force: servers, pools, campaigns, and the lanes this process owns. */
import type { PoolConfig, SendingServerConfig, ServerUsage } from '@sendpool/contracts';
import type { SmtpServer } from '@sendpool/smtp';
import { createBreaker } from '../domain/breaker.ts';
import { weightOf } from '../domain/eligibility.ts';
import type { ReadyMessage } from '../domain/lane-types.ts';
import { applyDeclared, applyShare, applyUsage as tellLimits } from '../domain/limits.ts';
import { connectionShare, type Share } from '../domain/pace.ts';
import type { Context } from './context.ts';
import type { Fifo } from './fifo.ts';
import { sweepIdle } from './lines.ts';
import { queuesOf, setPool } from './pool-queue.ts';
import type { Pump } from './pump.ts';
import { createServer, leastReadAhead, type Server } from './server.ts';
import type { Task } from './task.ts';
import { endUntried, isWanted, mayCarry } from './vet.ts';

const shareConnections = (server: Server, share: Share): void => {
  server.connections = connectionShare(server.config.limits.maxConnections, share);
  server.plan.setShare(server.connections);
  server.readAhead = leastReadAhead(server.connections);
};

type Change = { config: SendingServerConfig; smtp: SmtpServer; share: Share };

const addServer = (context: Context, { config, smtp, share }: Change): Server => {
  const breaker = createBreaker(config.revision, context.settings.breaker, () => context.random());
  const limits = { clock: context.clock, usageWaitMs: context.settings.usageWaitMs };
  const server = createServer({ config, smtp, breaker, share, limits });
  context.servers.set(config.id, server);
  return server;
};

/** Forgets what was learnt about the server under older settings, among them that it rests. How fast it may go is not forgotten. */
const renewServer = (server: Server, { config, smtp }: Change): Server => {
  server.breaker.renew(config.revision);
  server.plan.renew();
  Object.assign(server.limits.throttle, { until: -Infinity, times: 0 });
  return Object.assign(server, { config, smtp, lastError: null });
};

/**
 * From the return on no conversation begins at a server that is not in force any more, or under its old settings. What waits for
 * it chooses anew in the same turn; what runs ends as it does.
 */
export const applyServer = (context: Context, change: Change): void => {
  const known = context.servers.get(change.config.id);
  const server = known === undefined ? addServer(context, change) : renewServer(known, change);
  shareConnections(server, change.share);
  applyDeclared(server.limits, change.config);
  sweepIdle(server, -Infinity);
  const stays = (task: Task): boolean => mayCarry(context, server, task);
  context.again([...server.ready.reject(stays), ...server.queue.reject(stays)]);
  context.freed(server);
};

/** Other lanes: other shares of every limit. */
export const applyLanes = (context: Context, share: Share): void => {
  for (const server of context.servers.values()) {
    shareConnections(server, share);
    applyShare(server.limits, share);
    server.keepsIdle = true;
    sweepIdle(server, -Infinity);
    context.freed(server);
  }
};

/** What stats has counted for a server today. */
export const applyUsage = (context: Context, usage: ServerUsage): void => {
  const server = context.servers.get(usage.serverId);
  if (server === undefined) return;
  tellLimits(server.limits, usage);
  context.freed(server);
};

/** Another sender has found a server broken. */
export const applyWarning = (context: Context, serverId: string): void =>
  context.servers.get(serverId)?.breaker.warn(context.clock.monotonic());

const queues = function* (pump: Pump): Iterable<Fifo<Task>> {
  for (const pool of pump.pools()) yield* queuesOf(pool);
  for (const server of pump.context.servers.values()) {
    yield server.queue;
    yield server.ready;
  }
};

/** Takes out of every queue what `keep` refuses; there may be room then. */
const sweep = (pump: Pump, keep: (task: Task) => boolean): Task[] => {
  const out: Task[] = [];
  for (const queue of queues(pump)) out.push(...queue.reject(keep));
  for (const server of pump.context.servers.values()) pump.context.freed(server);
  return out;
};

const membersOf = ({ deleted, members }: PoolConfig): Set<string> =>
  new Set(deleted ? [] : members.filter((member) => weightOf(member) > 0).map(({ serverId }) => serverId));

/** What waits for a server that is no member any more, chooses anew. */
export const applyPool = (pump: Pump, config: PoolConfig): void => {
  const pool = pump.pool(config.id);
  setPool(pump.context, pool, config);
  const members = membersOf(config);
  const stays = ({ server, pool: own }: Task): boolean =>
    own !== pool || server === null || members.has(server.config.id);
  pump.context.again(sweep(pump, stays));
};

/** Ends what is not wanted any more: a campaign was paused or cancelled. */
export const dropUnwanted = (pump: Pump): void => {
  sweep(pump, (task) => isWanted(pump.context, task));
};

export const withdraw = (pump: Pump, messages: readonly ReadyMessage[]): void => {
  const gone = new Set(messages);
  sweep(pump, (task) => task.started || !gone.has(task.message));
};

export const standDown = (pump: Pump): void => {
  for (const task of sweep(pump, ({ started }) => !started))
    endUntried(pump.context, task, { outcome: 'RELEASED', reason: 'LANE_LOST' });
  for (const server of pump.context.servers.values()) {
    server.keepsIdle = false;
    sweepIdle(server, Infinity);
  }
};
