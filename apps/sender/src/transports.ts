/** How a server is reached, by its settings: through the API of Amazon SES, or by SMTP. */
import type { SendingServerConfig } from '@sendpool/contracts';
import { createSesTransport, type SesServer } from '@sendpool/ses';
import {
  openConnection,
  probeServer,
  type ConnectionOptions,
  type SmtpServer,
  type SmtpTimeouts,
} from '@sendpool/smtp';
import type { OpenConnection, ProbeServer } from './delivery/context.ts';
import type { SenderEnv } from './env.ts';

/** A probe must not take longer than the shortest time between two of them. */
const probeTimeoutMs = 5000;

const timeoutsOf = (env: SenderEnv): Omit<SmtpTimeouts, 'quit'> => ({
  connect: env.CONNECT_TIMEOUT_SECONDS * 1000,
  greeting: env.GREETING_TIMEOUT_SECONDS * 1000,
  command: env.REPLY_TIMEOUT_SECONDS * 1000,
  afterDot: env.AFTER_DOT_TIMEOUT_SECONDS * 1000,
});

const smtpOptionsOf = (env: SenderEnv): ConnectionOptions => ({
  timeouts: timeoutsOf(env),
  ...(env.SMTP_CLIENT_NAME !== undefined && { clientName: env.SMTP_CLIENT_NAME }),
});

/** The server for the API; null when it is reached by SMTP, Amazon SES among them. */
const sesServerOf = (server: SmtpServer, { kind, ses }: SendingServerConfig): SesServer | null =>
  kind === 'SES' && ses !== null ? { ...server, ses } : null;

export const createTransports = (env: SenderEnv): { open: OpenConnection; probe: ProbeServer } => {
  const { connect, command } = timeoutsOf(env);
  const ses = createSesTransport({ timeouts: { connect, answer: command }, probeMs: probeTimeoutMs });
  const probeTimeouts = { connect, greeting: probeTimeoutMs, command: probeTimeoutMs };
  return {
    open: (server, config) => {
      const sesServer = sesServerOf(server, config);
      return sesServer === null ? openConnection(server, smtpOptionsOf(env)) : ses.open(sesServer);
    },
    probe: (server, config) => {
      const sesServer = sesServerOf(server, config);
      return sesServer === null ? probeServer(server, probeTimeouts) : ses.probe(sesServer);
    },
  };
};
