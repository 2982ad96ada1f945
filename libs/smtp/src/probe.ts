/** Tries whether a server can be used as it is configured, without sending a mail. */
import type { SmtpStage } from '@sendpool/contracts';
import { openClient, quitClient, timeoutsOf } from './open.ts';
import { SmtpFailure, type SmtpServer, type SmtpTimeouts } from './server.ts';

export type ProbeResult = { ok: true } | { ok: false; stage: SmtpStage; message: string };

type Client = Awaited<ReturnType<typeof openClient>>;

/** RSET does nothing here but ask for an answer, as NOOP would. */
const ask = (client: Client, limitMs: number): Promise<void> =>
  new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`no answer within ${limitMs} ms`)), limitMs);
    const settle = (error?: Error | null): void => {
      clearTimeout(timer);
      if (error) reject(error);
      else resolve();
    };
    client.on('error', settle);
    client.once('end', () => settle(new Error('the connection was closed')));
    client.reset(settle);
  });

/** Connects, says EHLO, secures the connection, logs in, asks for one answer and quits. Never rejects. */
export const probeServer = async (server: SmtpServer, timeouts: Partial<SmtpTimeouts> = {}): Promise<ProbeResult> => {
  try {
    const client = await openClient(server, { timeouts });
    try {
      await ask(client, timeoutsOf({ timeouts }).command);
      await quitClient(client, timeoutsOf({ timeouts }).quit);
      return { ok: true };
    } catch (error) {
      client.close();
      return { ok: false, stage: 'MAIL', message: error instanceof Error ? error.message : String(error) };
    }
  } catch (error) {
    if (error instanceof SmtpFailure) return { ok: false, stage: error.stage, message: error.message };
    throw error;
  }
};
