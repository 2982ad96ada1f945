/** Opens a connection to a server: TCP, greeting, EHLO, TLS and login, each within its time, with the stage known when it fails. */
import type { Socket } from 'node:net';
import type { SmtpReply, SmtpStage } from '@sendpool/contracts';
import { loginSecrets, maskSecrets } from '@sendpool/kernel';
import SMTPConnection, { type SMTPConnectionOptions } from 'nodemailer/lib/smtp-connection';
import { classifyOpening } from './classify.ts';
import { parseReply } from './reply.ts';
import { SmtpFailure, defaultTimeouts, type ConnectionOptions, type SmtpServer, type SmtpTimeouts } from './server.ts';
import { createWire, type Wire } from './wire.ts';

/** What nodemailer's errors carry. */
type ClientError = Error & {
  code?: string;
  originalCode?: string;
  command?: string;
  response?: string;
  responseCode?: number;
};

export const timeoutsOf = (options: ConnectionOptions): SmtpTimeouts => ({ ...defaultTimeouts, ...options.timeouts });

const stageOfCommand: Readonly<Record<string, SmtpStage>> = {
  EHLO: 'EHLO',
  HELO: 'EHLO',
  STARTTLS: 'TLS',
  AUTH: 'AUTH',
};

type Opening = {
  readonly server: SmtpServer;
  readonly timeouts: SmtpTimeouts;
  stage: SmtpStage;
  timer: NodeJS.Timeout | undefined;
  onTimeout(): void;
};

const limitOf = ({ stage, timeouts }: Opening): number => {
  if (stage === 'CONNECT') return timeouts.connect;
  return stage === 'GREETING' ? timeouts.greeting : timeouts.command;
};

const enter = (opening: Opening, stage: SmtpStage): void => {
  opening.stage = stage;
  clearTimeout(opening.timer);
  opening.timer = setTimeout(opening.onTimeout, limitOf(opening));
};

const ignore = (): void => undefined;

/** The client tells its steps only to a logger; only the command's first word is looked at, and nothing is written anywhere. */
const stageListener = (opening: Opening): NonNullable<Exclude<SMTPConnectionOptions['logger'], boolean>> => ({
  trace: ignore,
  debug: (entry: unknown, message: unknown) => {
    if ((entry as { tnx?: string }).tnx !== 'client' || typeof message !== 'string') return;
    const stage = stageOfCommand[message.split(' ', 1)[0] ?? ''];
    if (stage !== undefined) enter(opening, stage);
  },
  info: (entry: unknown) => {
    if (opening.stage === 'CONNECT' && (entry as { tnx?: string }).tnx === 'network') enter(opening, 'GREETING');
  },
  warn: ignore,
  error: ignore,
  fatal: ignore,
});

const tlsSettings = (server: SmtpServer): SMTPConnectionOptions => {
  const isVerified = server.tls === 'REQUIRED' || server.tls === 'IMPLICIT';
  return {
    secure: server.tls === 'IMPLICIT',
    requireTLS: server.tls === 'REQUIRED',
    ignoreTLS: server.tls === 'NONE',
    opportunisticTLS: server.tls === 'OPPORTUNISTIC',
    tls: {
      minVersion: 'TLSv1.2',
      rejectUnauthorized: isVerified,
      ...(server.caCertificate === null ? {} : { ca: [server.caCertificate] }),
    },
  };
};

const settingsOf = (opening: Opening, options: ConnectionOptions): SMTPConnectionOptions => {
  const { server, timeouts } = opening;
  const longest = timeouts.connect + timeouts.greeting + 3 * timeouts.command;
  return {
    host: server.host,
    port: server.port,
    ...(options.clientName === undefined ? {} : { name: options.clientName }),
    ...tlsSettings(server),
    logger: stageListener(opening),
    transactionLog: true,
    connectionTimeout: longest,
    greetingTimeout: longest,
    dnsTimeout: timeouts.connect,
    socketTimeout: longest + timeouts.afterDot,
    // Destroys instead of waiting for the other side: whoever closes here has nothing more to say.
    socketCloseTimeout: 0,
  };
};

/** A password never leaves over a connection whose certificate is not verified. */
const checkPolicy = (server: SmtpServer): void => {
  const isVerified = server.tls === 'REQUIRED' || server.tls === 'IMPLICIT';
  if (isVerified || (server.username === null && server.password === null)) return;
  throw new SmtpFailure('AUTH', 'AUTH', `with TLS policy ${server.tls} no password is sent; use REQUIRED or IMPLICIT`);
};

const socketCodes = /^(?:ECONNREFUSED|EHOSTUNREACH|ENETUNREACH|ETIMEDOUT|EACCES|EADDRNOTAVAIL|ENOTFOUND)$/;

const stageOfError = (opening: Opening, error: ClientError): SmtpStage => {
  if (error.code === 'ETLS') return 'TLS';
  const isHandshake =
    opening.server.tls === 'IMPLICIT' && error.code === 'ESOCKET' && !socketCodes.test(error.originalCode ?? '');
  return opening.stage === 'CONNECT' && isHandshake ? 'TLS' : opening.stage;
};

/** `say` takes out what the server may have sent back of the login, before anything is cut. */
type Say = (text: string) => string;

const replyOf = (error: ClientError, say: Say): SmtpReply | null =>
  error.responseCode === undefined || error.response === undefined ? null : parseReply(say(error.response));

const untrusted = /^(?:UNABLE_TO_(?:VERIFY|GET_ISSUER)|SELF_SIGNED|DEPTH_ZERO_SELF_SIGNED|CERT_SIGNATURE_FAILURE)/;
const trustHint =
  'no authority that is known here signed the certificate: give the PEM of the right one as caCertificate';

const textOf = ({ originalCode, message }: ClientError): string => {
  const text = originalCode ?? message;
  return untrusted.test(text) ? `${text}: ${trustHint}` : text;
};

const failureOf = (opening: Opening, error: ClientError): SmtpFailure => {
  const say: Say = (text) => maskSecrets(text, loginSecrets(opening.server));
  const stage = stageOfError(opening, error);
  const reply = replyOf(error, say);
  const text = reply === null ? say(textOf(error)) : `${reply.code} ${reply.text}`;
  return new SmtpFailure(stage, classifyOpening(stage, reply), `${stage}: ${text}`, reply?.code ?? null);
};

const connect = (client: SMTPConnection): Promise<void> =>
  new Promise((resolve, reject) => {
    client.on('error', reject);
    client.on('end', () => reject(new Error('the connection was closed')));
    client.connect((error) => (error ? reject(error) : resolve()));
  });

const login = (client: SMTPConnection, server: SmtpServer): Promise<void> =>
  new Promise((resolve, reject) => {
    const { username, password } = server;
    if (username === null) return resolve();
    if (password === null || password === '')
      return reject(new SmtpFailure('AUTH', 'AUTH', 'a user name without a password'));
    client.on('error', reject);
    client.on('end', () => reject(new Error('the connection was closed')));
    client.login({ user: username, pass: password, credentials: { user: username, pass: password } }, (error) =>
      error ? reject(error) : resolve(),
    );
  });

const listeners = { data: 'Data', error: 'Error', close: 'Close', end: 'End', timeout: 'Timeout' } as const;
type ListenerName = `_onSocket${(typeof listeners)[keyof typeof listeners]}`;
/** What nodemailer keeps to itself: the socket it has opened and secured, its own listeners, and what the server offers. */
type Internals = { _socket: Socket; _supportedExtensions: readonly string[] } & Record<ListenerName, () => void>;

/** nodemailer has opened, secured and logged in; from here on the socket is ours. */
const takeOver = (client: SMTPConnection): Wire => {
  const internals = client as unknown as Internals;
  const { _socket: socket, _supportedExtensions: extensions } = internals;
  for (const [event, name] of Object.entries(listeners)) socket.off(event, internals[`_onSocket${name}`]);
  client.removeAllListeners();
  return createWire(socket, extensions.includes('PIPELINING'));
};

/** Resolves with a connection that is ready for MAIL; rejects SmtpFailure. */
export const openWire = async (server: SmtpServer, options: ConnectionOptions): Promise<Wire> => {
  checkPolicy(server);
  const timeouts = timeoutsOf(options);
  const opening: Opening = { server, timeouts, stage: 'CONNECT', timer: undefined, onTimeout: ignore };
  const client = new SMTPConnection(settingsOf(opening, options));
  const timedOut = new Promise<never>((_resolve, reject) => {
    opening.onTimeout = () => reject(new Error(`no answer within ${limitOf(opening)} ms`));
  });
  enter(opening, 'CONNECT');
  try {
    await Promise.race([connect(client).then(() => login(client, server)), timedOut]);
    return takeOver(client);
  } catch (error) {
    client.close();
    throw error instanceof SmtpFailure ? error : failureOf(opening, error as ClientError);
  } finally {
    clearTimeout(opening.timer);
  }
};

/** Says QUIT and waits for the answer, at most `limitMs`; then the connection is gone either way. Never rejects. */
export const quit = async (wire: Wire, limitMs: number): Promise<void> => {
  try {
    wire.listen();
    wire.write('QUIT\r\n');
    await wire.reply(limitMs);
  } catch {
    // It is gone already.
  }
  wire.destroy('the connection was closed');
};
