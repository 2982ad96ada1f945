/** The connections of a server: opened on demand up to the cap, long-lived, each pulls the next started message when it is free. */
import { SmtpFailure } from '@sendpool/smtp';
import { messageOf } from '@sendpool/kernel';
import { isInForce } from '../domain/eligibility.ts';
import { beginAt, beginConversation, endConversation } from '../domain/limits.ts';
import type { Context } from './context.ts';
import { converse, hop, noteFailure, type ServerFailure } from './conversation.ts';
import { isOpen, type Line, type Server } from './server.ts';
import type { Task } from './task.ts';
import { isWanted } from './vet.ts';

const isFit = (line: Line): boolean => {
  const { server, revision, carried, connection } = line;
  return (
    !server.isShut &&
    server.lines.has(line) &&
    revision === server.config.revision &&
    isInForce(server.config) &&
    server.lines.size <= server.plan.size &&
    carried < (server.config.limits.messagesPerConnection ?? Infinity) &&
    connection.isUsable()
  );
};

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

/** One connection more than the server allows: those that are open, or still may open, go on. */
const isOneTooMany = (server: Server, failure: SmtpFailure): boolean =>
  failure.kind === 'THROTTLE' && server.lines.size + server.opening > 0;

/** What it means for the server, and for the message that waited for it; null: nothing. */
const noteUnopened = (
  context: Context,
  server: Server,
  { revision, failure }: { revision: number; failure: SmtpFailure },
): ServerFailure | null => {
  if (revision !== server.config.revision) return null;
  if (isOneTooMany(server, failure)) {
    server.plan.refused(context.clock.monotonic());
    return null;
  }
  const { stage, message } = failure;
  const noted = { revision, stage, message, isThrottle: failure.kind === 'THROTTLE', isRefusal: true };
  noteFailure(context, server, noted);
  return noted;
};

const asFailure = (error: unknown): SmtpFailure =>
  error instanceof SmtpFailure ? error : new SmtpFailure('CONNECT', 'CONNECTION', messageOf(error));

const mayOpen = (context: Context, server: Server): boolean =>
  server.lines.size + server.opening < server.plan.size && isOpen(server, context.clock.monotonic());

type Opened = { line: Line; failure: null } | { line: undefined; failure: ServerFailure | null };

const notAsked: Opened = { line: undefined, failure: null };

/** Never rejects. The server may be another one than when it was asked for: whether the connection is fit is not looked at. */
const openLine = async (context: Context, server: Server): Promise<Opened> => {
  const { revision } = server.config;
  server.opening += 1;
  try {
    const connection = await context.open(server.smtp, server.config);
    server.opening -= 1;
    const line: Line = { server, revision, connection, carried: 0, idleSince: null };
    server.lines.add(line);
    return { line, failure: null };
  } catch (error) {
    server.opening -= 1;
    return { line: undefined, failure: noteUnopened(context, server, { revision, failure: asFailure(error) }) };
  }
};

/**
 * The message goes over a fresh connection to the same server, and what happens there counts. Meanwhile it is in conversation: it keeps
 * its place, and the next owner of its lane waits for it. The connection to go on with.
 */
const sendAfresh = async (context: Context, stale: Line, task: Task): Promise<Line> => {
  const { server } = stale;
  shut(stale);
  const { line, failure } = mayOpen(context, server) ? await openLine(context, server) : notAsked;
  if (failure !== null) hop(context, task, server, failure);
  else if (isWanted(context, task)) {
    if (line !== undefined && isFit(line)) {
      await converse(context, line, task);
      return line;
    }
    context.again([task]);
  }
  endConversation(server.limits, task.provider, false);
  return line ?? stale;
};

const carry = async (context: Context, line: Line, task: Task): Promise<Line> =>
  (await converse(context, line, task)) === 'STALE' ? sendAfresh(context, line, task) : line;

/** Carries message after message until there is none, or the connection has had its time. */
const serve = async (context: Context, first: Line): Promise<void> => {
  const { server } = first;
  let line = first;
  while (isFit(line)) {
    const task = takeNext(context, server);
    if (task === undefined) return park(context, line);
    server.running += 1;
    line = await carry(context, line, task);
    server.running -= 1;
    context.freed(server);
  }
  shut(line);
  feed(context, server);
};

const open = async (context: Context, server: Server): Promise<void> => {
  const { line, failure } = await openLine(context, server);
  if (line !== undefined) return serve(context, line);
  const task = failure === null ? undefined : server.ready.shift();
  if (failure !== null && task !== undefined) hop(context, task, server, failure);
  context.freed(server);
};

const wantsLine = (context: Context, server: Server): boolean =>
  server.starting.size + server.ready.length > server.idle.length + server.opening && mayOpen(context, server);

/** Gives waiting messages to idle connections, and opens more of these when it pays. */
export const feed = (context: Context, server: Server): void => {
  while (server.ready.length > 0 && server.idle.length > 0 && nextToBegin(context, server) !== undefined)
    void serve(context, server.idle.pop()!);
  while (wantsLine(context, server)) void open(context, server);
};

/** Closes idle connections that have had their time: unused since `before`, of an older revision, too many, or dead. */
export const sweepIdle = (server: Server, before: number): void => {
  for (const line of server.idle.splice(0)) {
    if (isFit(line) && (line.idleSince ?? -Infinity) > before) server.idle.push(line);
    else shut(line);
  }
};

/** Ends every connection, also one with a message on it and one that is still being opened. */
export const shutAll = (server: Server): void => {
  server.isShut = true;
  clearTimeout(server.timer);
  server.idle.length = 0;
  for (const line of server.lines) shut(line);
};
