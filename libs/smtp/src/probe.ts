/** Tries whether a server can be used as it is configured, without sending a mail. */
import type { ProbeResult } from '@sendpool/contracts';
import { openWire, quit, timeoutsOf } from './open.ts';
import { SmtpFailure, type SmtpServer, type SmtpTimeouts } from './server.ts';
import type { Wire } from './wire.ts';

/** RSET does nothing here but ask for an answer, as NOOP would. */
const ask = async (wire: Wire, limitMs: number): Promise<void> => {
  wire.listen();
  wire.write('RSET\r\n');
  const reply = await wire.reply(limitMs);
  if (!reply.startsWith('250')) throw new Error(`RSET: ${reply}`);
};

/** Connects, says EHLO, secures the connection, logs in, asks for one answer and quits. Never rejects. */
export const probeServer = async (server: SmtpServer, timeouts: Partial<SmtpTimeouts> = {}): Promise<ProbeResult> => {
  try {
    const wire = await openWire(server, { timeouts });
    try {
      await ask(wire, timeoutsOf({ timeouts }).command);
      await quit(wire, timeoutsOf({ timeouts }).quit);
      return { ok: true };
    } catch (error) {
      wire.destroy('the probe failed');
      return { ok: false, stage: 'MAIL', message: error instanceof Error ? error.message : String(error) };
    }
  } catch (error) {
    if (error instanceof SmtpFailure) return { ok: false, stage: error.stage, message: error.message };
    throw error;
  }
};
