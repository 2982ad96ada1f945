/** A sending server as this process sees it: its settings in force, its health, and the messages and connections it holds now. */
import type { SendingServerConfig } from '@sendpool/contracts';
import type { SmtpConnection, SmtpServer } from '@sendpool/smtp';
import type { Breaker } from '../domain/breaker.ts';
import { createConnectionPlan, type ConnectionPlan } from '../domain/connection-plan.ts';
import { isUsable, type Standing } from '../domain/eligibility.ts';
import { createLimits, holdOn, letThrough, throttleLimits, type Limits, type LimitsDeps } from '../domain/limits.ts';
import type { Hold } from '../domain/limits-meter.ts';
import type { Share } from '../domain/pace.ts';
import { createFifo, type Fifo } from './fifo.ts';
import type { Task } from './task.ts';

/** One connection to a server under one revision of its settings. It carries one message at a time. */
export type Line = {
  readonly server: Server;
  readonly revision: number;
  readonly connection: SmtpConnection;
  /** Messages it has carried, the present one included. */
  carried: number;
  /** When it last began to wait for a message; null: it never has. */
  idleSince: number | null;
};

export type Server = Omit<Standing, 'config' | 'connections'> & {
  config: SendingServerConfig;
  /** What a connection needs, with the password in plain. */
  smtp: SmtpServer;
  /** Connections that this process may hold. */
  connections: number;
  /** How many of them it plans with now. */
  readonly plan: ConnectionPlan;
  readonly breaker: Breaker;
  readonly limits: Limits;
  /** Runs until a limit lets the next message go, at `wakesAt`. */
  timer: NodeJS.Timeout | undefined;
  wakesAt: number;
  /** Chosen for this server, start bit not asked for yet. */
  readonly queue: Fifo<Task>;
  /** Start bit on its way. */
  readonly starting: Set<Task>;
  /** Started, waiting for a connection. */
  readonly ready: Fifo<Task>;
  /** In conversation. */
  running: number;
  /** Messages that are started ahead of the connections, so that these need not wait for the start bit. */
  readAhead: number;
  /** False while lanes are given up: the next owner of a slot may open its connection as soon as it has the lanes. */
  keepsIdle: boolean;
  readonly lines: Set<Line>;
  readonly idle: Line[];
  opening: number;
  /** Its connections were closed for good: one that is still being opened is closed when it is open. */
  isShut: boolean;
  failovers: number;
  lastError: string | null;
};

/** Places in the short queue. */
const roomOf = (server: Server): number => Math.max(2, server.connections);

export const leastReadAhead = (connections: number): number => 2 * connections;

/** Messages that may be started and not done. */
export const startLimit = (server: Server): number => server.connections + server.readAhead;

export const startedOf = (server: Server): number => server.starting.size + server.ready.length + server.running;

/** Messages that its limits have let through and that have not begun: the chosen ones, or the started ones when messages wait for it. */
const pendingOf = ({ queue, starting, ready, limits }: Server, provider: string | null): number => {
  const chosen = limits.isWaitedFor ? 0 : queue.length;
  if (provider === null) return chosen + starting.size + ready.length;
  const tasks = [...(chosen > 0 ? queue.list() : []), ...starting, ...ready.list()];
  return tasks.filter((task) => task.provider === provider).length;
};

/** Seconds of its rate that may gather before it counts as much: start bits become durable in groups. */
const usualSeconds = 0.05;

const isGathered = ({ ready, connections, limits }: Server): boolean =>
  ready.length > connections + (limits.whole.perSecond ?? 0) * usualSeconds;

/** Counts a message that was let through: chosen for the server, or with its start bit asked for when messages wait for it. */
export const countLetThrough = (server: Server, provider: string): void =>
  letThrough(server.limits, provider, isGathered(server));

export type ServerParts = {
  config: SendingServerConfig;
  smtp: SmtpServer;
  breaker: Breaker;
  share: Share;
  limits: Pick<LimitsDeps, 'clock' | 'usageWaitMs'>;
};

export const createServer = ({ config, smtp, breaker, share, limits }: ServerParts): Server => {
  const server: Server = {
    config,
    smtp,
    connections: 0,
    plan: createConnectionPlan(),
    breaker,
    limits: createLimits({ ...limits, pending: (provider) => pendingOf(server, provider) }, share),
    timer: undefined,
    wakesAt: Infinity,
    queue: createFifo(),
    starting: new Set(),
    ready: createFifo(),
    running: 0,
    readAhead: 0,
    keepsIdle: true,
    lines: new Set(),
    idle: [],
    opening: 0,
    isShut: false,
    failovers: 0,
    lastError: null,
    factor: (now) => breaker.factor(now),
    hold: (provider, now) => hold(server, provider, now),
    chosen: (provider) => {
      if (!server.limits.isWaitedFor) countLetThrough(server, provider);
    },
    hasRoom: () => server.queue.length < roomOf(server),
  };
  return server;
};

/** A server whose messages wait for it is chosen in spite of its limits. */
const hold = ({ limits }: Server, provider: string, now: number): Hold | null => {
  const declared = limits.isWaitedFor ? null : holdOn(limits, provider);
  const { until } = limits.throttle;
  if (until <= now) return declared;
  return {
    limit: null,
    provider: null,
    perSecond: null,
    ...declared,
    until: Math.max(until, declared?.until ?? until),
  };
};

/** The server asks to go slower. One connection less when that is how it said so (421). */
export const throttle = (
  server: Server,
  now: number,
  said: { isRefusal: boolean; retryAfterMs?: number | undefined },
): void => {
  throttleLimits(server.limits, said.retryAfterMs);
  if (said.isRefusal) server.plan.refused(now);
};

/** Messages may go to it now: in force, well, and not asked to go slower. What is declared is seen to elsewhere. */
export const isOpen = (server: Server, now: number): boolean =>
  !server.isShut && server.limits.throttle.until <= now && isUsable(server, now);

/** The server took or judged a message under `revision`: it is well. */
export const noteWell = (server: Server, revision: number, now: number): void => {
  server.breaker.succeeded(revision, now);
  server.plan.succeeded(now);
  server.limits.throttle.times = 0;
};
