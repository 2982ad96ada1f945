/** One message over one connection: rendered, sent, and its end reported, or moved on to another server when this one failed. */
import type { SmtpReply } from '@sendpool/contracts';
import type { SendResult } from '@sendpool/smtp';
import { doubtfulFailure } from '../domain/breaker.ts';
import { traceStep, type Context } from './context.ts';
import { renderFailed, reportOf, type Verdict } from './report.ts';
import { endConversation } from '../domain/limits.ts';
import { noteWell, throttle, type Line, type Server } from './server.ts';
import { endFailed, endUntried } from './vet.ts';
import { noteHop, type Hop, type Task } from './task.ts';

type Failure = Extract<SendResult, { kind: 'SERVER_FAILURE' }>;

const render = (context: Context, task: Task): { from: string; text: string } | undefined => {
  const { campaignId, recipient, email, fields } = task.message.request;
  try {
    const campaign = context.campaigns.get(campaignId)!;
    const { message } = campaign.content().render({ number: recipient, email, fields: JSON.parse(fields) });
    return { from: campaign.fromAddress, text: message };
  } catch {
    return undefined;
  }
};

/** A transport that throws has told nothing about the message: it may have been sent. */
const send = async (line: Line, envelope: { from: string; to: string }, text: string): Promise<SendResult> => {
  try {
    return await line.connection.send(envelope, text);
  } catch (error) {
    return { kind: 'UNKNOWN', message: String(error) };
  }
};

const report = (context: Context, line: Line, task: Task, result: Verdict): void => {
  const { server, revision } = line;
  const now = context.clock.monotonic();
  endConversation(server.limits, task.provider, true);
  if (result.kind === 'UNKNOWN') server.breaker.failed(revision, now, doubtfulFailure);
  else noteWell(server, revision, now);
  const outcome = reportOf(task, server.config.id, result);
  context.keeper.finish(task.message, outcome);
  const { serverId, provider, latencyMs } = outcome;
  context.observer.ended({ serverId, provider, outcome: result.kind, latencyMs });
};

/** Servers end a connection that was idle, or has had its number of messages, with 421; some say 451 instead (Exchange, Amazon SES). */
const timeOut = /\btimed?[ -]?out\b/i;
const endsConnection = ({ code, enhanced, text }: SmtpReply): boolean =>
  code === 421 || (code >= 400 && code < 500 && (enhanced === '4.4.2' || timeOut.test(text)));

/** It has carried other messages or waited for this one: it may have ended before this one came. */
const isUsed = ({ carried, idleSince }: Line): boolean => carried > 1 || idleSince !== null;

/**
 * The connection had ended before the message came, or ended with it before anything of it was accepted: that says nothing about the
 * server. A fresh connection tells; so does a server that names a time to stay away.
 */
const isStale = (line: Line, { stage, failure, reply, retryAfterMs }: Failure): boolean =>
  isUsed(line) &&
  (stage === 'MAIL' || stage === 'CONNECT') &&
  (failure === 'CONNECTION' || failure === 'THROTTLE') &&
  retryAfterMs === undefined &&
  (reply === null ? !line.connection.isUsable() : endsConnection(reply));

/** The failure of a server, proven to be before the final dot. */
export type ServerFailure = {
  revision: number;
  stage: Hop['stage'];
  isThrottle: boolean;
  /** It refused the connection, or could not be connected to: fewer of them are tried. */
  isRefusal: boolean;
  /** It named the time after which it may be asked again. Milliseconds. */
  retryAfterMs?: number | undefined;
  message: string;
};

/** What it means for the server. The caller moves the message. */
export const noteFailure = (context: Context, server: Server, failure: ServerFailure): void => {
  const now = context.clock.monotonic();
  server.lastError = failure.message;
  if (failure.isThrottle) return throttle(server, now, failure);
  if (failure.isRefusal) server.plan.refused(now);
  server.breaker.failed(failure.revision, now);
};

/** Servers that only asked to go slower took no try; a message that meets nothing else goes back, and comes again without having used one. */
const mostThrottles = 5;
const throttlesOf = ({ hops, tried }: Task): number => hops.length - tried.length;

/**
 * The same message goes to the next server at once. When too many do, it is deferred instead: that loses nothing, and its time to wait
 * takes load from servers that fail, while a released message would be published again at once and go round as fast as they fail.
 */
export const hop = (context: Context, task: Task, server: Server, failure: ServerFailure): void => {
  const { stage, message, isThrottle } = failure;
  noteHop(task, { serverId: server.config.id, stage, error: message }, isThrottle);
  task.server = null;
  if (isThrottle && throttlesOf(task) >= mostThrottles)
    return endUntried(context, task, { outcome: 'RELEASED', reason: 'THROTTLED' });
  if (!isThrottle && !context.retries.take(context.clock.monotonic())) return endFailed(context, task, 'RETRY_BUDGET');
  server.failovers += 1;
  context.observer.failover(server.config.id, stage);
  context.again([task]);
};

const is421 = ({ reply }: Failure): boolean => reply?.code === 421;

const moveOn = (context: Context, line: Line, task: Task, failure: Failure): void => {
  const { server, revision } = line;
  endConversation(server.limits, task.provider, false);
  const { stage, message } = failure;
  const noted = {
    revision,
    stage,
    message,
    isThrottle: failure.failure === 'THROTTLE',
    isRefusal: is421(failure),
    retryAfterMs: failure.retryAfterMs,
  };
  noteFailure(context, server, noted);
  hop(context, task, server, noted);
};

/** Hundreds of a reply code: 2 took it, 4 wants it later, 5 refuses it. */
const replyClassOf = (result: SendResult): number =>
  'reply' in result && result.reply !== null ? Math.floor(result.reply.code / 100) : 0;

const traceEnd = (context: Context, { server }: Line, task: Task, result: SendResult): void => {
  if (task.message.request.trace === undefined) return;
  const about = { 'sendpool.server': server.config.id, 'smtp.reply_class': replyClassOf(result) };
  if (result.kind === 'SERVER_FAILURE') traceStep(context, task, 'MOVED', { ...about, 'smtp.stage': result.stage });
  else traceStep(context, task, 'TALKED', about);
};

/**
 * ENDED: the message has ended here, or moved on; the connection may be unusable afterwards. STALE: the connection was over before the
 * message came to it, which is still to be sent. Never rejects.
 */
export const converse = async (context: Context, line: Line, task: Task): Promise<'ENDED' | 'STALE'> => {
  const mail = render(context, task);
  if (mail === undefined) {
    endConversation(line.server.limits, task.provider, false);
    context.keeper.finish(task.message, renderFailed(task));
    context.observer.ended({ serverId: null, provider: task.provider, outcome: 'BOUNCED', latencyMs: null });
    return 'ENDED';
  }
  line.carried += 1;
  traceStep(context, task, 'TALKING');
  const result = await send(line, { from: mail.from, to: task.message.request.email }, mail.text);
  if (result.kind === 'SERVER_FAILURE' && isStale(line, result)) return 'STALE';
  traceEnd(context, line, task, result);
  if (result.kind === 'SERVER_FAILURE') moveOn(context, line, task, result);
  else report(context, line, task, result);
  return 'ENDED';
};
