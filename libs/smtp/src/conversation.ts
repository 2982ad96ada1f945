/** A connection that sends one mail after the other and says of each exactly what is known: accepted, refused, never left, or unknown. */
import type { BounceClass, SmtpReply, SmtpStage } from '@sendpool/contracts';
import type SMTPConnection from 'nodemailer/lib/smtp-connection';
import { parseAddress } from './address.ts';
import { classifyRefusal } from './classify.ts';
import { createContent, type Content } from './content.ts';
import { openClient, quitClient, timeoutsOf, type ClientError } from './open.ts';
import { parseReply } from './reply.ts';
import type { ConnectionOptions, SmtpServer, SmtpTimeouts } from './server.ts';

export type SendResult =
  | { kind: 'ACCEPTED'; reply: SmtpReply; latencyMs: number }
  /** The server took the blame off itself: RCPT, DATA or the content was refused with 4xx or 5xx. */
  | {
      kind: 'DEFERRED' | 'BOUNCED';
      stage: SmtpStage;
      reply: SmtpReply;
      bounceClass: BounceClass;
      reason: string;
      latencyMs: number;
    }
  /** Certainly not accepted: the same message may go to another server at once. */
  | {
      kind: 'SERVER_FAILURE';
      stage: SmtpStage;
      failure: 'CONNECTION' | 'THROTTLE' | 'SENDER_REFUSED' | 'AUTH';
      reply: SmtpReply | null;
      message: string;
    }
  /** The final dot may have left, and no reply came: nobody knows (RFC 1047). */
  | { kind: 'UNKNOWN'; message: string };

export type SmtpConnection = {
  /** One at a time. Never rejects for what a server does. The content may be text of Latin-1 characters or bytes, dots not stuffed. */
  send(envelope: { from: string; to: string }, message: Buffer | string): Promise<SendResult>;
  /** False once the connection is closed or broken. */
  isUsable(): boolean;
  /** QUIT when idle; a running conversation is cut. Never rejects. */
  close(): Promise<void>;
};

type Running = { readonly content: Content; readonly startedAt: number; settle(result: SendResult): void };

type State = {
  readonly client: SMTPConnection;
  readonly timeouts: SmtpTimeouts;
  isClosed: boolean;
  running: Running | null;
  lastError: ClientError | null;
  /** RSET after a refusal, so that the next MAIL begins clean. */
  reset: Promise<void> | null;
  timer: NodeJS.Timeout | undefined;
};

/** Rejects SmtpFailure. */
export const openConnection = async (server: SmtpServer, options: ConnectionOptions = {}): Promise<SmtpConnection> => {
  const client = await openClient(server, options);
  const state: State = {
    client,
    timeouts: timeoutsOf(options),
    isClosed: false,
    running: null,
    lastError: null,
    reset: null,
    timer: undefined,
  };
  client.on('error', (error: ClientError) => {
    state.lastError = error;
  });
  // The callback of a running send comes right after this event when it comes at all, and knows more.
  client.on('end', () =>
    queueMicrotask(() => abandon(state, state.lastError ?? new Error('the connection was closed'))),
  );
  return {
    send: (envelope, message) => send(state, envelope, message),
    isUsable: () => isUsable(state),
    close: () => close(state),
  };
};

const isUsable = (state: State): boolean => !state.isClosed && !state.client.destroyed;

const send: (state: State, ...rest: Parameters<SmtpConnection['send']>) => Promise<SendResult> = async (
  state,
  envelope,
  message,
) => {
  if (state.running !== null) throw new Error('a connection sends one message at a time');
  const refused = refuseAddresses(envelope);
  if (refused !== null) return refused;
  if (state.reset !== null) await state.reset;
  if (!isUsable(state)) return notSent('CONNECT', 'the connection is closed');
  const bytes = typeof message === 'string' ? Buffer.from(message, 'latin1') : message;
  return new Promise((settle) => begin(state, envelope, bytes, settle));
};

const refuseAddresses = (envelope: { from: string; to: string }): SendResult | null => {
  const from = parseAddress(envelope.from);
  if (!from.ok)
    return { kind: 'SERVER_FAILURE', stage: 'MAIL', failure: 'SENDER_REFUSED', reply: null, message: from.reason };
  const to = parseAddress(envelope.to);
  if (to.ok) return null;
  const reply = { code: 0, enhanced: null, text: to.reason };
  return { kind: 'BOUNCED', stage: 'RCPT', reply, bounceClass: 'HARD', reason: 'BAD_ADDRESS', latencyMs: 0 };
};

const notSent = (stage: SmtpStage, message: string): SendResult => ({
  kind: 'SERVER_FAILURE',
  stage,
  failure: 'CONNECTION',
  reply: null,
  message,
});

const begin = (
  state: State,
  envelope: { from: string; to: string },
  bytes: Buffer,
  settle: (result: SendResult) => void,
): void => {
  const content = createContent(bytes, () => armTimer(state));
  state.running = { content, startedAt: performance.now(), settle };
  armTimer(state);
  state.client.send({ from: envelope.from, to: [envelope.to] }, content.stream, (error, info) => {
    if (error) refusedOrLost(state, error as ClientError);
    else accepted(state, info?.response ?? '');
  });
};

/** Each step gets its own time; after the last one it is that of the final dot. */
const armTimer = (state: State): void => {
  const { running, timeouts } = state;
  if (running === null) return;
  const limit = running.content.wasHandedOver() ? timeouts.afterDot : timeouts.command;
  clearTimeout(state.timer);
  state.timer = setTimeout(() => abandon(state, new Error(`no reply within ${limit} ms`)), limit);
};

const finish = (state: State, result: SendResult): void => {
  clearTimeout(state.timer);
  const { running } = state;
  state.running = null;
  running?.settle(result);
};

const accepted = (state: State, response: string): void => {
  const { running } = state;
  if (running === null) return;
  if (!running.content.wasHandedOver()) return abandon(state, new Error('an answer before the end of the content'));
  finish(state, { kind: 'ACCEPTED', reply: parseReply(response), latencyMs: elapsed(running) });
};

const elapsed = (running: Running): number => Math.round(performance.now() - running.startedAt);

/** No reply: what was read of the content decides. The connection is not used again. */
const abandon = (state: State, error: Error): void => {
  const { running } = state;
  hangUp(state);
  if (running === null) return;
  const message = (error as ClientError).originalCode ?? error.message;
  if (running.content.wasHandedOver()) return finish(state, { kind: 'UNKNOWN', message });
  finish(state, notSent(running.content.wasRead() ? 'CONTENT' : 'MAIL', message));
};

const stageOfRefusal = (error: ClientError, content: Content): SmtpStage => {
  if (error.code === 'EMESSAGE') return content.wasHandedOver() ? 'END_OF_DATA' : 'CONTENT';
  if (error.command === 'RCPT TO') return 'RCPT';
  return error.command === 'DATA' ? 'DATA' : 'MAIL';
};

const refusedOrLost = (state: State, error: ClientError): void => {
  const { running } = state;
  if (running === null) return;
  const isReply = error.responseCode !== undefined && error.response !== undefined;
  // Once the content is handed over, only the reply to the final dot is an answer.
  if (!isReply || (running.content.wasHandedOver() && error.code !== 'EMESSAGE')) return abandon(state, error);
  const stage = stageOfRefusal(error, running.content);
  const reply = parseReply(error.response ?? '');
  tidyUp(state, stage, reply);
  finish(state, resultOfRefusal(running, stage, reply));
};

const resultOfRefusal = (running: Running, stage: SmtpStage, reply: SmtpReply): SendResult => {
  const refusal = classifyRefusal(stage, reply);
  if (refusal.kind !== 'SERVER_FAILURE') return { ...refusal, stage, reply, latencyMs: elapsed(running) };
  return { ...refusal, stage, reply, message: `${stage}: ${reply.code} ${reply.text}` };
};

/** After the dot the transaction is over; before it RSET ends it; in the middle of the content nothing can. */
const tidyUp = (state: State, stage: SmtpStage, reply: SmtpReply): void => {
  if (stage === 'CONTENT' || reply.code === 421) return hangUp(state);
  if (stage !== 'END_OF_DATA') state.reset = resetTransaction(state);
};

const resetTransaction = (state: State): Promise<void> =>
  new Promise((resolve) => {
    const done = (isClean: boolean): void => {
      clearTimeout(timer);
      state.client.off('end', onEnd);
      if (!isClean) hangUp(state);
      state.reset = null;
      resolve();
    };
    const onEnd = (): void => done(false);
    const timer = setTimeout(onEnd, state.timeouts.command);
    state.client.once('end', onEnd);
    state.client.reset((error) => done(!error));
  });

const hangUp = (state: State): void => {
  state.isClosed = true;
  state.client.close();
};

const close = async (state: State): Promise<void> => {
  if (state.running !== null) return abandon(state, new Error('the connection was closed by its owner'));
  state.isClosed = true;
  await quitClient(state.client, state.timeouts.quit);
};
