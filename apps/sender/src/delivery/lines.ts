/** The connections of a server: opened on demand up to the cap, long-lived, each pulls the next started message when it is free. */
import { SmtpFailure } from '@sendpool/smtp';
import { messageOf } from '@sendpool/kernel';
import { isInForce } from '../domain/eligibility.ts';
import { beginAt, beginConversation } from '../domain/limits.ts';
import type { Context } from './context.ts';
import { converse, hop, noteFailure } from './conversation.ts';
import { isOpen, type Line, type Server } from './server.ts';
import type { Task } from './task.ts';
import { isWanted } from './vet.ts';

const isFit = ({ server, revision, carried, connection }: Line): boolean =>
  revision === server.config.revision &&
  isInForce(server.config) &&
  server.lines.size <= server.plan.size &&
  carried < (server.config.limits.messagesPerConnection ?? Infinity) &&
  connection.isUsable();

const shut = (line: Line): void => {
  line.server.lines.delete(line);
  void line.connection.close();
};

/** A longer wait is looked at again on the way. */
const longestWaitMs = 60_000;

/** Goes on with the server at `at` (monotonic). Infinity: what ends, or new lanes, wake it. */
export const wake = (context: Context, server: Server, at: number): void => {
  if (at === Infinity || (server.timer !== undefined && server.wakesAt <= at)) return;
  clearTimeout(server.timer);
  server.wakesAt = at;
  const waitMs = Math.min(longestWaitMs, Math.max(1, at - context.clock.monotonic()));
  server.timer = setTimeout(() => {
    server.timer = undefined;
    context.freed(server);
  }, waitMs);
};

/** The first of the waiting messages that its limits let begin. Without limits towards providers one speaks for all. */
const firstToBegin = ({ limits, ready }: Server, now: number): { task: Task | undefined; at: number } => {
  let soonest = Infinity;
  for (const task of limits.providers.size === 0 ? [ready.peek()!] : ready.list()) {
    const at = beginAt(limits, task.provider);
    if (at <= now) return { task, at };
    soonest = Math.min(soonest, at);
  }
  return { task: undefined, at: soonest };
};

/** Whether a waiting message may begin; looks again by itself when one may. */
const nextToBegin = (context: Context, server: Server): Task | undefined => {
  if (server.ready.length === 0) return undefined;
  const { task, at } = firstToBegin(server, context.clock.monotonic());
  if (task === undefined) wake(context, server, at);
  return task;
};

/** Mostly the first one. */
const takeOut = ({ ready }: Server, task: Task): void => {
  if (ready.peek() === task) ready.shift();
  else ready.take((other) => other === task);
};

const takeNext = (context: Context, server: Server): Task | undefined => {
  for (let task = nextToBegin(context, server); task !== undefined; task = nextToBegin(context, server)) {
    takeOut(server, task);
    if (isWanted(context, task)) {
      const now = context.clock.monotonic();
      beginConversation(server.limits, task.provider, now);
      context.retries.sent(now);
      return task;
    }
    context.freed(server);
  }
  return undefined;
};

/** Nothing to carry although messages are on their way: the connection waits for a start bit, so more must be asked for ahead. */
const growReadAhead = (server: Server, max: number): void => {
  if (server.ready.length === 0 && server.starting.size > 0 && server.readAhead < max) server.readAhead += 1;
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
    server.plan.refused(context.clock.monotonic());
    return;
  }
  const { stage, message } = failure;
  const noted = { revision, stage, message, isThrottle: failure.kind === 'THROTTLE', isRefusal: true };
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
    const connection = await context.open(server.smtp, server.config);
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
  server.starting.size + server.ready.length > server.idle.length + server.opening &&
  server.lines.size + server.opening < server.plan.size &&
  isOpen(server, context.clock.monotonic());

/** Gives waiting messages to idle connections, and opens more of these when it pays. */
export const feed = (context: Context, server: Server): void => {
  while (server.ready.length > 0 && server.idle.length > 0 && nextToBegin(context, server) !== undefined)
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
