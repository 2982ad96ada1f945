/** A sending server as this process sees it: its settings in force, its health, and the messages and connections it holds now. */
import type { SendingServerConfig } from '@sendpool/contracts';
import type { SmtpConnection, SmtpServer } from '@sendpool/smtp';
import type { Breaker } from '../domain/breaker.ts';
import { isUsable, type Standing } from '../domain/eligibility.ts';
import { createPace, type Pace } from '../domain/pace.ts';
import { createFifo, type Fifo } from './fifo.ts';
import type { Task } from './task.ts';

/** One connection to a server under one revision of its settings. It carries one message at a time. */
export type Line = {
  readonly server: Server;
  readonly revision: number;
  readonly connection: SmtpConnection;
  /** Messages it has carried. */
  carried: number;
  idleSince: number;
};

export type Server = Omit<Standing, 'config' | 'connections'> & {
  config: SendingServerConfig;
  /** What a connection needs, with the password in plain. */
  smtp: SmtpServer;
  /** Connections that this process may hold. */
  connections: number;
  /** Fewer than `connections` for a time after the server refused one more. */
  allowed: number;
  readonly breaker: Breaker;
  /** Of the choices. */
  readonly pace: Pace;
  /** Of the conversations: a little faster, so that what has gathered goes away. */
  readonly spacing: Pace;
  /** Runs until the next conversation may begin. */
  timer: NodeJS.Timeout | undefined;
  /** It said "slow down": nothing goes there before this time. */
  throttledUntil: number;
  throttles: number;
  /** Chosen for this server, start bit not asked for yet. */
  readonly queue: Fifo<Task>;
  /** Start bit on its way. */
  starting: number;
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
  failovers: number;
  lastError: string | null;
};

/** Places in the short queue. */
const roomOf = (server: Server): number => Math.max(2, server.connections);

export const leastReadAhead = (connections: number): number => 2 * connections;

/** Messages that may be started and not done. */
export const startLimit = (server: Server): number => server.connections + server.readAhead;

export const startedOf = (server: Server): number => server.starting + server.ready.length + server.running;

export const createServer = (config: SendingServerConfig, smtp: SmtpServer, breaker: Breaker): Server => {
  const server: Server = {
    config,
    smtp,
    connections: 0,
    allowed: 0,
    breaker,
    pace: createPace(),
    spacing: createPace(),
    timer: undefined,
    throttledUntil: -Infinity,
    throttles: 0,
    queue: createFifo(),
    starting: 0,
    ready: createFifo(),
    running: 0,
    readAhead: 0,
    keepsIdle: true,
    lines: new Set(),
    idle: [],
    opening: 0,
    failovers: 0,
    lastError: null,
    factor: (now) => breaker.factor(now),
    nextAt: () => Math.max(server.pace.nextAt, server.throttledUntil),
    hasRoom: () => server.queue.length < roomOf(server),
  };
  return server;
};

const throttleBaseMs = 2000;
const throttleMaxMs = 60_000;

/** The server asks to go slower: it rests, twice as long each time. Answers that were on their way count once. */
export const throttle = (server: Server, now: number): void => {
  if (now < server.throttledUntil) return;
  server.throttledUntil = now + Math.min(throttleMaxMs, throttleBaseMs * 2 ** server.throttles);
  server.throttles += 1;
};

/** Messages may go to it now: in force, well, and not asked to go slower. Its declared rate was seen to when it was chosen. */
export const isOpen = (server: Server, now: number): boolean => server.throttledUntil <= now && isUsable(server, now);

/** The server took or judged a message under `revision`: it is well. */
export const noteWell = (server: Server, revision: number, now: number): void => {
  server.breaker.succeeded(revision, now);
  server.throttles = 0;
};
