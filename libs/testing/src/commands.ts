/** The SMTP commands of the sink (RFC 5321, with PIPELINING, 8BITMIME, SIZE, STARTTLS and AUTH PLAIN and LOGIN). */
import { timingSafeEqual } from 'node:crypto';
import { applyFault, atStage, end, faultAt, reply, secureSession, startBody, type Session } from './session.ts';

type Handler = (session: Session, rest: string) => void;

const sizeLimit = 50_000_000;
const longReply = (session: Session, lines: readonly string[]): void => {
  const last = lines.length - 1;
  session.output += lines.map((line, at) => `250${at === last ? ' ' : '-'}${line}\r\n`).join('');
};

const extensions = (session: Session): string[] => {
  const { context } = session;
  const lines = [context.name];
  if (context.pipelining) lines.push('PIPELINING');
  lines.push(`SIZE ${sizeLimit}`, '8BITMIME', 'ENHANCEDSTATUSCODES');
  if (context.tls === 'STARTTLS' && !session.secure) lines.push('STARTTLS');
  if (context.auth !== null && !needsTls(session)) lines.push('AUTH PLAIN LOGIN');
  return lines;
};

const needsTls = (session: Session): boolean => session.context.tls !== 'NONE' && !session.secure;

const ehlo: Handler = (session) =>
  atStage(session, 'EHLO', () => {
    session.greeted = true;
    session.from = null;
    session.to = [];
    longReply(session, extensions(session));
  });

const helo: Handler = (session) =>
  atStage(session, 'EHLO', () => {
    session.greeted = true;
    reply(session, 250, session.context.name);
  });

const startTls: Handler = (session) => {
  if (session.context.tls !== 'STARTTLS' || session.secure) return reply(session, 502, '5.5.1 STARTTLS not offered');
  const fault = faultAt(session, 'TLS');
  if (fault?.do === 'CLOSE' || fault?.do === 'RESET') {
    session.cutNext = true;
    return reply(session, 220, '2.0.0 Ready to start TLS');
  }
  applyFault(session, fault, () => {
    reply(session, 220, '2.0.0 Ready to start TLS');
    secureSession(session, () => undefined);
  });
};

const isSame = (left: string, right: string): boolean => {
  const [a, b] = [Buffer.from(left), Buffer.from(right)];
  return a.length === b.length && timingSafeEqual(a, b);
};

const decide = (session: Session, username: string, password: string): void =>
  atStage(session, 'AUTH', () => {
    const { auth } = session.context;
    if (auth === null || !isSame(username, auth.username) || !isSame(password, auth.password))
      return reply(session, 535, '5.7.8 Authentication credentials invalid');
    session.authenticated = true;
    reply(session, 235, '2.7.0 Authentication successful');
  });

const fromBase64 = (text: string): string => Buffer.from(text, 'base64').toString('utf8');

/** Sends a challenge and hands the answer on; `*` gives up (RFC 4954). */
const ask = (session: Session, challenge: string, answered: (answer: string) => void): void => {
  reply(session, 334, challenge);
  session.nextLine = (line) => {
    session.nextLine = null;
    if (line === '*') return reply(session, 501, '5.7.0 Authentication cancelled');
    answered(fromBase64(line));
  };
};

const authPlain = (session: Session, answer: string): void => {
  const [, username = '', password = ''] = answer.split('\0');
  decide(session, username, password);
};

const auth: Handler = (session, rest) => {
  if (session.context.auth === null) return reply(session, 502, '5.5.1 AUTH not offered');
  if (needsTls(session)) return reply(session, 538, '5.7.11 Encryption required for authentication');
  if (session.authenticated) return reply(session, 503, '5.5.1 Already authenticated');
  const [mechanism = '', initial] = rest.split(' ');
  if (mechanism.toUpperCase() === 'PLAIN')
    return initial === undefined
      ? ask(session, '', (answer) => authPlain(session, answer))
      : authPlain(session, fromBase64(initial));
  if (mechanism.toUpperCase() !== 'LOGIN') return reply(session, 504, '5.5.4 Mechanism not supported');
  const askPassword = (username: string): void =>
    ask(session, 'UGFzc3dvcmQ6', (password) => decide(session, username, password));
  if (initial === undefined) ask(session, 'VXNlcm5hbWU6', askPassword);
  else askPassword(fromBase64(initial));
};

const pathOf = (rest: string, word: string): string | null => {
  const match = /^([A-Za-z]+):\s*<([^<>\s]*)>/.exec(rest);
  return match?.[1]?.toUpperCase() === word ? (match[2] ?? null) : null;
};

const mail: Handler = (session, rest) => {
  if (needsTls(session)) return reply(session, 530, '5.7.0 Must issue a STARTTLS command first');
  if (session.context.auth !== null && !session.authenticated)
    return reply(session, 530, '5.7.0 Authentication required');
  if (!session.greeted) return reply(session, 503, '5.5.1 EHLO first');
  if (session.from !== null) return reply(session, 503, '5.5.1 Sender already given');
  const from = pathOf(rest, 'FROM');
  if (from === null) return reply(session, 501, '5.5.4 Syntax: MAIL FROM:<address>');
  session.context.count += 1;
  session.from = from;
  const fault = faultAt(session, 'MAIL');
  if (fault?.do === 'REPLY') session.from = null;
  applyFault(session, fault, () => reply(session, 250, '2.1.0 Ok'));
};

const rcpt: Handler = (session, rest) => {
  if (session.from === null) return reply(session, 503, '5.5.1 MAIL first');
  const to = pathOf(rest, 'TO');
  if (to === null || to === '') return reply(session, 501, '5.5.4 Syntax: RCPT TO:<address>');
  applyFault(session, faultAt(session, 'RCPT', to), () => {
    session.to.push(to);
    reply(session, 250, '2.1.5 Ok');
  });
};

const data: Handler = (session) => {
  if (session.from === null) return reply(session, 503, '5.5.1 MAIL first');
  if (session.to.length === 0) return reply(session, 554, '5.5.1 No valid recipients');
  atStage(session, 'DATA', () => startBody(session));
};

const rset: Handler = (session) => {
  session.from = null;
  session.to = [];
  reply(session, 250, '2.0.0 Ok');
};

const quit: Handler = (session) =>
  atStage(session, 'QUIT', () => {
    reply(session, 221, '2.0.0 Bye');
    end(session, 'CLOSE');
  });

const handlers = new Map<string, Handler>([
  ['EHLO', ehlo],
  ['HELO', helo],
  ['STARTTLS', startTls],
  ['AUTH', auth],
  ['MAIL', mail],
  ['RCPT', rcpt],
  ['DATA', data],
  ['RSET', rset],
  ['NOOP', (session) => reply(session, 250, '2.0.0 Ok')],
  ['VRFY', (session) => reply(session, 252, '2.1.5 Cannot verify')],
  ['QUIT', quit],
]);

export const handleCommand = (session: Session, line: string): void => {
  const space = line.indexOf(' ');
  const verb = space === -1 ? line : line.slice(0, space);
  const handler = handlers.get(verb.toUpperCase());
  if (handler === undefined) return reply(session, 500, '5.5.2 Command not recognised');
  handler(session, space === -1 ? '' : line.slice(space + 1).trim());
};
