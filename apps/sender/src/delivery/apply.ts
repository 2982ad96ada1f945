/** Puts new settings in force: servers, pools, campaigns, and the lanes this process owns. */
import type { PoolConfig, SendingServerConfig } from '@sendpool/contracts';
import type { SmtpServer } from '@sendpool/smtp';
import { createBreaker } from '../domain/breaker.ts';
import type { ReadyMessage } from '../domain/lane-types.ts';
import { connectionShare, rateShare } from '../domain/pace.ts';
import type { Context } from './context.ts';
import type { Fifo } from './fifo.ts';
import { sweepIdle } from './lines.ts';
import { setPool } from './pool-queue.ts';
import type { Pump } from './pump.ts';
import { createServer, leastReadAhead, type Server } from './server.ts';
import type { Task } from './task.ts';
import { endUntried, isWanted } from './vet.ts';

const shareConnections = (context: Context, server: Server, owned: ReadonlySet<number>): void => {
  server.connections = connectionShare(server.config.limits.maxConnections, owned, context.settings.lanes);
  server.allowed = server.connections;
  server.readAhead = leastReadAhead(server.connections);
};

/** Conversations may begin so much faster than messages are chosen. */
const catchUp = 1.1;

const shareRate = (context: Context, server: Server, owned: ReadonlySet<number>): void => {
  const rate = rateShare(server.config.limits.messagesPerSecond, owned.size, context.settings.lanes);
  const now = context.clock.monotonic();
  server.pace.setRate(rate, now);
  server.spacing.setRate(rate === null ? null : rate * catchUp, now);
};

const addServer = (context: Context, config: SendingServerConfig, smtp: SmtpServer): Server => {
  const breaker = createBreaker(config.revision, context.settings.breaker, () => context.random());
  const server = createServer(config, smtp, breaker);
  context.servers.set(config.id, server);
  return server;
};

/** Forgets what was learnt about the server under older settings, among them that it was asked to go slower. */
const renewServer = (server: Server, config: SendingServerConfig, smtp: SmtpServer): Server => {
  server.breaker.renew(config.revision);
  return Object.assign(server, { config, smtp, throttledUntil: -Infinity, throttles: 0, lastError: null });
};

/**
 * From the return on no conversation begins at a server that is not in force any more, or under its old settings. What waits for
 * it chooses anew in the same turn; what runs ends as it does.
 */
export const applyServer = (
  context: Context,
  change: { config: SendingServerConfig; smtp: SmtpServer; owned: ReadonlySet<number> },
): void => {
  const { config, smtp, owned } = change;
  const known = context.servers.get(config.id);
  const rate = known?.config.limits.messagesPerSecond;
  const server = known === undefined ? addServer(context, config, smtp) : renewServer(known, config, smtp);
  shareConnections(context, server, owned);
  if (rate !== config.limits.messagesPerSecond) shareRate(context, server, owned);
  sweepIdle(server, -Infinity);
  context.freed(server);
};

/** Other lanes: other shares of every limit. */
export const applyLanes = (context: Context, owned: ReadonlySet<number>): void => {
  for (const server of context.servers.values()) {
    shareConnections(context, server, owned);
    shareRate(context, server, owned);
    server.keepsIdle = true;
    sweepIdle(server, -Infinity);
    context.freed(server);
  }
};

const queues = function* (pump: Pump): Iterable<Fifo<Task>> {
  for (const pool of pump.pools()) yield pool.waiting;
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
  new Set(deleted ? [] : members.filter(({ weight }) => weight > 0).map(({ serverId }) => serverId));

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
