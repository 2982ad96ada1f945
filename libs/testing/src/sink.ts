/** A real SMTP server on 127.0.0.1 that keeps what it gets and misbehaves on request. */
import { createServer, type Server, type Socket } from 'node:net';
import { createSecureContext } from 'node:tls';
import { identityOf, type Body } from './body.ts';
import { makeCertificate, type Certificate } from './certificate.ts';
import { handleCommand } from './commands.ts';
import type { Behaviour } from './faults.ts';
import { applyFault, atStage, end, faultAt, openSession, pump, reply, secureSession } from './session.ts';
import type { Session, SinkContext } from './session.ts';

/** One mail as one recipient got it; a mail to several recipients is kept once for each. */
export type ReceivedMail = {
  /** Wall clock, milliseconds since 1970. */
  at: number;
  from: string;
  to: string;
  messageId: string | null;
  /** The header X-Sendpool-Campaign. */
  campaign: string | null;
  /** Bytes of the content. */
  size: number;
  /** Name of the sink. */
  server: string;
  /** The content, when `keepData` is set. */
  data?: Buffer;
  /** A fault withheld the reply to the final dot: the client cannot know. */
  unanswered?: true;
  /** A fault ended it in the middle of the content: it was not received, though all of it may have been sent. */
  cut?: true;
};

export type SinkOptions = {
  /** 0 or absent: a free one. */
  port?: number;
  /** Name in the greeting and in each mail kept; default `sink`. */
  name?: string;
  /** Default NONE. STARTTLS and IMPLICIT refuse MAIL and AUTH without TLS. */
  tls?: 'NONE' | 'STARTTLS' | 'IMPLICIT';
  /** Demands AUTH with exactly this. */
  auth?: { username: string; password: string };
  /** Made at start when TLS is wanted and none is given. */
  certificate?: Certificate;
  behave?: Behaviour;
  /** Milliseconds between the final dot and its reply, for every mail. */
  delayMs?: number;
  /** More connections than that are answered 421. */
  maxConnections?: number;
  /** Offer PIPELINING; default true. */
  pipelining?: boolean;
  /** Keep the content of each mail; default false. */
  keepData?: boolean;
  /** Keep mails in `received`; default true. */
  keepReceived?: boolean;
  /** Called before the reply to the final dot; a promise holds the reply back. */
  onMail?(mail: ReceivedMail): Promise<void> | void;
  /** Called when a fault ends a mail in the middle of its content. */
  onCut?(mail: ReceivedMail): void;
};

export type Sink = {
  readonly port: number;
  readonly certificate: Certificate | null;
  readonly received: ReceivedMail[];
  /** Open now. */
  readonly connections: number;
  /** Since the start. */
  readonly totalConnections: number;
  setBehaviour(behave: Behaviour | undefined): void;
  /** From now on; who has authenticated before stays so. */
  setAuth(auth: { username: string; password: string }): void;
  /** Cuts every connection and closes the port. */
  stop(): Promise<void>;
};

type Recorder = { received: ReceivedMail[]; options: SinkOptions };

const createRecord =
  ({ received, options }: Recorder): SinkContext['record'] =>
  (session, body, isAnswered) => {
    const mails = session.to.map((to) => receivedMail(session, to, body));
    if (!isAnswered) for (const mail of mails) mail.unanswered = true;
    if (options.keepReceived !== false) received.push(...mails);
    if (options.onMail === undefined) return undefined;
    const waits = mails.map((mail) => options.onMail?.(mail)).filter((wait) => wait !== undefined);
    return waits.length === 0 ? undefined : Promise.all(waits).then(() => undefined);
  };

const receivedMail = (session: Session, to: string, body: Body): ReceivedMail => ({
  at: Date.now(),
  from: session.from ?? '',
  to,
  ...identityOf(body.head),
  size: body.size,
  server: session.context.name,
  ...(body.keep ? { data: Buffer.concat(body.chunks) } : {}),
});

const greet = (session: Session): void =>
  atStage(session, 'GREETING', () => reply(session, 220, `${session.context.name} ESMTP`));

const begin = (session: Session): void => {
  if (session.context.tls !== 'IMPLICIT') {
    greet(session);
    return pump(session);
  }
  const fault = faultAt(session, 'TLS');
  if (fault?.do === 'CLOSE' || fault?.do === 'RESET') session.cutNext = true;
  else
    applyFault(session, fault, () =>
      secureSession(session, () => {
        greet(session);
        pump(session);
      }),
    );
};

const listening = (server: Server, port: number): Promise<number> =>
  new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      const address = server.address();
      resolve(typeof address === 'object' && address !== null ? address.port : port);
    });
  });

const contextOf = (options: SinkOptions, certificate: Certificate | null, received: ReceivedMail[]): SinkContext => ({
  name: options.name ?? 'sink',
  tls: options.tls ?? 'NONE',
  secureContext: certificate === null ? null : createSecureContext({ cert: certificate.cert, key: certificate.key }),
  auth: options.auth ?? null,
  pipelining: options.pipelining ?? true,
  delayMs: options.delayMs ?? 0,
  keepData: options.keepData ?? false,
  behave: options.behave,
  count: 0,
  onCommand: handleCommand,
  record: createRecord({ received, options }),
  cut: (session, body) => {
    for (const to of session.to) options.onCut?.({ ...receivedMail(session, to, body), cut: true });
  },
});

const certificateFor = async (options: SinkOptions): Promise<Certificate | null> => {
  if ((options.tls ?? 'NONE') === 'NONE') return null;
  return options.certificate ?? (await makeCertificate());
};

/** Rejects when the port is taken. */
export const startSink = async (options: SinkOptions = {}): Promise<Sink> => {
  const certificate = await certificateFor(options);
  const received: ReceivedMail[] = [];
  const context = contextOf(options, certificate, received);
  const sockets = new Set<Socket>();
  let total = 0;
  const accept = (socket: Socket): void => {
    total += 1;
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    const session = openSession(context, socket, total);
    if (sockets.size <= (options.maxConnections ?? Infinity)) return atStage(session, 'CONNECT', () => begin(session));
    reply(session, 421, '4.7.0 Too many connections');
    end(session, 'CLOSE');
  };
  const server = createServer({ noDelay: true }, accept);
  const port = await listening(server, options.port ?? 0);
  return {
    port,
    certificate,
    received,
    get connections() {
      return sockets.size;
    },
    get totalConnections() {
      return total;
    },
    setBehaviour: (behave) => {
      context.behave = behave;
    },
    setAuth: (auth) => {
      context.auth = auth;
    },
    stop: () => stopServer(server, sockets),
  };
};

const stopServer = (server: Server, sockets: ReadonlySet<Socket>): Promise<void> =>
  new Promise((resolve) => {
    server.close(() => resolve());
    for (const socket of sockets) socket.destroy();
  });
