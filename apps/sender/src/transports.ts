/** How a server is reached, by its settings: through the API of Amazon SES, or by SMTP. */
import type { SendingServerConfig } from '@sendpool/contracts';
import type { SesServer, SesTransport } from '@sendpool/ses';
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

/** The AWS SDK is loaded with the first server that needs it: it takes about 50 MB and half a second. */
const createSes = (env: SenderEnv): (() => Promise<SesTransport>) => {
  const { connect, command: answer } = timeoutsOf(env);
  let transport: Promise<SesTransport> | undefined;
  const load = async (): Promise<SesTransport> => {
    const { createSesTransport } = await import('@sendpool/ses');
    return createSesTransport({ timeouts: { connect, answer }, probeMs: probeTimeoutMs });
  };
  return () => (transport ??= load());
};

export const createTransports = (env: SenderEnv): { open: OpenConnection; probe: ProbeServer } => {
  const ses = createSes(env);
  const probeTimeouts = { connect: timeoutsOf(env).connect, greeting: probeTimeoutMs, command: probeTimeoutMs };
  return {
    open: async (server, config) => {
      const sesServer = sesServerOf(server, config);
      return sesServer === null ? openConnection(server, smtpOptionsOf(env)) : (await ses()).open(sesServer);
    },
    probe: async (server, config) => {
      const sesServer = sesServerOf(server, config);
      return sesServer === null ? probeServer(server, probeTimeouts) : (await ses()).probe(sesServer);
    },
  };
};
