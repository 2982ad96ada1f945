/** The connections of a server: opened on demand up to the cap, long-lived, each pulls the next started message when it is free. */
import { SmtpFailure } from '@sendpool/smtp';
import { messageOf } from '@sendpool/kernel';
import { isInForce } from '../domain/eligibility.ts';
import type { Context } from './context.ts';
import { converse, hop, noteFailure } from './conversation.ts';
import { isOpen, type Line, type Server } from './server.ts';
import type { Task } from './task.ts';
import { isWanted } from './vet.ts';

const isFit = ({ server, revision, carried, connection }: Line): boolean =>
  revision === server.config.revision &&
  isInForce(server.config) &&
  server.lines.size <= server.connections &&
  carried < (server.config.limits.messagesPerConnection ?? Infinity) &&
  connection.isUsable();

const shut = (line: Line): void => {
  line.server.lines.delete(line);
  void line.connection.close();
};

const nextTask = (context: Context, server: Server): Task | undefined => {
  for (;;) {
    const task = server.ready.shift();
    if (task === undefined || isWanted(context, task)) return task;
    context.freed(server);
  }
};

/**
 * Whether the declared rate lets the next conversation begin; looks again by itself when it does. Messages are chosen at the rate as well,
 * but those that were chosen while the server stood still must not go in one burst when it comes back.
 */
const mayBegin = (context: Context, server: Server): boolean => {
  const waitMs = server.spacing.nextAt - context.clock.monotonic();
  if (waitMs <= 0) return true;
  // Without lanes there is no rate: new lanes wake the server.
  if (waitMs < Infinity && server.timer === undefined)
    server.timer = setTimeout(() => {
      server.timer = undefined;
      feed(context, server);
    }, waitMs);
  return false;
};

const takeNext = (context: Context, server: Server): Task | undefined => {
  if (server.ready.length === 0 || !mayBegin(context, server)) return undefined;
  const task = nextTask(context, server);
  if (task !== undefined) server.spacing.take(context.clock.monotonic());
  return task;
};

/** Nothing to carry although messages are on their way: the connection waits for a start bit, so more must be asked for ahead. */
const growReadAhead = (server: Server, max: number): void => {
  if (server.ready.length === 0 && server.starting > 0 && server.readAhead < max) server.readAhead += 1;
};

const park = (context: Context, line: Line): void => {
  if (!line.server.keepsIdle) return shut(line);
  line.idleSince = context.clock.monotonic();
  line.server.idle.push(line);
  growReadAhead(line.server, context.settings.maxReadAhead);
};

/** Carries message after message until there is none, or the connection has had its time. */
const serve = async (context: Context, line: Line): Promise<void> => {
  const { server } = line;
  while (isFit(line)) {
    const task = takeNext(context, server);
    if (task === undefined) return park(context, line);
    server.running += 1;
    await converse(context, line, task);
    server.running -= 1;
    context.freed(server);
  }
  shut(line);
  feed(context, server);
};

/** One connection more than the server allows: those that are open, or still may open, go on. */
const isOneTooMany = (server: Server, failure: SmtpFailure): boolean =>
  failure.kind === 'THROTTLE' && server.lines.size + server.opening > 0;

const openFailed = (context: Context, server: Server, end: { revision: number; failure: SmtpFailure }): void => {
  const { revision, failure } = end;
  if (revision !== server.config.revision) return;
  if (isOneTooMany(server, failure)) {
    server.allowed = server.lines.size + server.opening;
    return;
  }
  const { stage, message } = failure;
  const noted = { revision, stage, message, isThrottle: failure.kind === 'THROTTLE' };
  noteFailure(context, server, noted);
  const task = server.ready.shift();
  if (task !== undefined) hop(context, task, server, noted);
};

const asFailure = (error: unknown): SmtpFailure =>
  error instanceof SmtpFailure ? error : new SmtpFailure('CONNECT', 'CONNECTION', messageOf(error));

const open = async (context: Context, server: Server): Promise<void> => {
  const { revision } = server.config;
  server.opening += 1;
  try {
    const connection = await context.open(server.smtp);
    const line: Line = { server, revision, connection, carried: 0, idleSince: 0 };
    server.opening -= 1;
    server.lines.add(line);
    void serve(context, line);
  } catch (error) {
    server.opening -= 1;
    openFailed(context, server, { revision, failure: asFailure(error) });
    context.freed(server);
  }
};

const wantsLine = (context: Context, server: Server): boolean =>
  server.starting + server.ready.length > server.idle.length + server.opening &&
  server.lines.size + server.opening < server.allowed &&
  isOpen(server, context.clock.monotonic());

/** Gives waiting messages to idle connections, and opens more of these when it pays. */
export const feed = (context: Context, server: Server): void => {
  while (server.ready.length > 0 && server.idle.length > 0 && mayBegin(context, server))
    void serve(context, server.idle.pop()!);
  while (wantsLine(context, server)) void open(context, server);
};

/** Closes idle connections that have had their time: unused since `before`, of an older revision, too many, or dead. */
export const sweepIdle = (server: Server, before: number): void => {
  for (const line of server.idle.splice(0)) {
    if (isFit(line) && line.idleSince > before) server.idle.push(line);
    else shut(line);
  }
};

/** Ends every connection, also one with a message on it. */
export const shutAll = (server: Server): void => {
  clearTimeout(server.timer);
  server.idle.length = 0;
  for (const line of server.lines) shut(line);
};
