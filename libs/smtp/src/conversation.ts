/** A connection that sends one mail after the other and says of each exactly what is known: accepted, refused, never left, or unknown. */
import type { MailConnection, SendResult, SmtpStage } from '@sendpool/contracts';
import { parseAddress } from './address.ts';
import { classifyRefusal } from './classify.ts';
import { openWire, quit, timeoutsOf } from './open.ts';
import type { ConnectionOptions, SmtpServer } from './server.ts';
import { createTransactions, type Verdict } from './transaction.ts';

const notSent = (stage: SmtpStage, message: string): SendResult => ({
  kind: 'SERVER_FAILURE',
  stage,
  failure: 'CONNECTION',
  reply: null,
  message,
});

const refuseAddresses = (envelope: { from: string; to: string }): SendResult | null => {
  const from = parseAddress(envelope.from);
  if (!from.ok)
    return { kind: 'SERVER_FAILURE', stage: 'MAIL', failure: 'SENDER_REFUSED', reply: null, message: from.reason };
  const to = parseAddress(envelope.to);
  if (to.ok) return null;
  const reply = { code: 0, enhanced: null, text: to.reason };
  return { kind: 'BOUNCED', stage: 'RCPT', reply, bounceClass: 'HARD', reason: 'BAD_ADDRESS', latencyMs: 0 };
};

const resultOf = (verdict: Verdict, latencyMs: number): SendResult => {
  if (verdict.kind === 'ACCEPTED') return { ...verdict, latencyMs };
  const { stage } = verdict;
  if (verdict.kind === 'LOST') {
    const { message } = verdict;
    return verdict.stage === 'END_OF_DATA' ? { kind: 'UNKNOWN', message } : notSent(stage, message);
  }
  const { reply } = verdict;
  const refusal = classifyRefusal(stage, reply);
  if (refusal.kind !== 'SERVER_FAILURE') return { ...refusal, stage, reply, latencyMs };
  return { ...refusal, stage, reply, message: `${stage}: ${reply.code} ${reply.text}` };
};

/** Rejects SmtpFailure. */
export const openConnection = async (server: SmtpServer, options: ConnectionOptions = {}): Promise<MailConnection> => {
  const timeouts = timeoutsOf(options);
  const wire = await openWire(server, options);
  const transactions = createTransactions(wire, timeouts);
  let isRunning = false;
  return {
    send: async (envelope, content) => {
      if (isRunning) throw new Error('a connection sends one message at a time');
      const refused = refuseAddresses(envelope);
      if (refused !== null) return refused;
      if (!wire.isUsable()) return notSent('CONNECT', 'the connection is closed');
      isRunning = true;
      const startedAt = performance.now();
      const verdict = await transactions.run({ ...envelope, content });
      isRunning = false;
      return resultOf(verdict, Math.round(performance.now() - startedAt));
    },
    isUsable: wire.isUsable,
    close: async () => {
      if (isRunning) wire.destroy('the connection was closed by its owner');
      else await quit(wire, timeouts.quit);
    },
  };
};
