/** A stand-in for the API of Amazon SES (v2) over real HTTP, which answers as it is told, breaks on purpose, and keeps what it has taken. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { sleep } from '@sendpool/kernel';
import type { Certificate } from './certificate.ts';
import { signedBy } from './ses-signature.ts';

/**
 * HANG: no answer. CUT: the half of an answer. GARBAGE: no HTTP. RESET_EARLY: before the request is read; all others after it.
 * ECHO: says `text` and the headers of the request back wherever an answer has a place for words, as an error or, with 200, as a success.
 */
export type SesFault =
  | { do: 'ANSWER'; status: number; code?: string; message?: string; body?: string }
  | { do: 'HANG' | 'RESET' | 'RESET_EARLY' | 'CLOSE' | 'CUT' | 'GARBAGE' }
  | { do: 'WAIT'; ms: number }
  | { do: 'ECHO'; status: number; text: string };

export type SesMail = { id: string; from: string; to: string[]; configurationSet: string | null; raw: string };

export type SesFakeOptions = {
  /** Checked on every request; null = whoever asks. */
  credentials?: { accessKeyId: string; secretAccessKey: string } | null;
  /** With it the fake speaks TLS. */
  certificate?: Certificate;
  /** Fields of the answer to GetAccount that differ. */
  account?: Record<string, unknown>;
};

export type SesFake = {
  readonly port: number;
  readonly mails: SesMail[];
  /** Head and body of each request that was read, as text. */
  readonly requests: string[];
  /** Connections that were opened so far. */
  connections(): number;
  /** What happens to the next requests, one after the other; null = nothing. */
  fail(...faults: (SesFault | null)[]): void;
  /** What happens to every request that has no fault of its own. */
  failAlways(fault: SesFault | null): void;
  stop(): Promise<void>;
};

type State = {
  readonly options: SesFakeOptions;
  readonly mails: SesMail[];
  readonly requests: string[];
  readonly faults: (SesFault | null)[];
  always: SesFault | null;
  readonly sockets: Set<Socket>;
  opened: number;
};

const account = {
  SendingEnabled: true,
  ProductionAccessEnabled: true,
  EnforcementStatus: 'HEALTHY',
  DedicatedIpAutoWarmupEnabled: false,
  SendQuota: { Max24HourSend: 50_000, MaxSendRate: 14, SentLast24Hours: 1234 },
};

const bodyOf = async (request: IncomingMessage): Promise<Buffer> => {
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks);
};

const answer = (response: ServerResponse, status: number, body: object | string): void => {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(typeof body === 'string' ? body : JSON.stringify(body));
};

const refuse = (response: ServerResponse, { status, code, message, body }: SesFault & { do: 'ANSWER' }): void => {
  if (code !== undefined) response.setHeader('x-amzn-errortype', code);
  answer(response, status, body ?? { message });
};

const echo = (
  request: IncomingMessage,
  response: ServerResponse,
  { status, text }: SesFault & { do: 'ECHO' },
): void => {
  const { authorization = '', 'x-amz-security-token': token = '' } = request.headers;
  const words = [text, authorization, ...authorization.split(/[ ,=/]+/), token].join(' ');
  if (status >= 300) response.setHeader('x-amzn-errortype', `Echo ${words}`);
  const success = { ...account, EnforcementStatus: words, MessageId: words };
  answer(response, status, status >= 300 ? { message: words } : success);
};

/** False: the request is answered, or never will be. */
const endure = async (fault: SesFault | null, request: IncomingMessage, response: ServerResponse): Promise<boolean> => {
  const { socket } = request;
  switch (fault?.do) {
    case undefined:
      return true;
    case 'WAIT':
      await sleep(fault.ms);
      return true;
    case 'ANSWER':
      refuse(response, fault);
      return false;
    case 'ECHO':
      echo(request, response, fault);
      return false;
    case 'GARBAGE':
      socket.end('220 mail.example.com ESMTP\r\n');
      return false;
    case 'CUT':
      socket.write(
        'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 60\r\n\r\n{"MessageId":"1"}',
        () => socket.destroy(),
      );
      return false;
    case 'RESET':
    case 'RESET_EARLY':
      socket.resetAndDestroy();
      return false;
    case 'CLOSE':
      socket.destroy();
      return false;
    case 'HANG':
      return false;
  }
};

type SendEmail = {
  FromEmailAddress: string;
  Destination: { ToAddresses: string[] };
  ConfigurationSetName?: string;
  Content: { Raw: { Data: string } };
};

const take = (state: State, body: Buffer): SesMail => {
  const asked = JSON.parse(body.toString('utf8')) as SendEmail;
  const mail = {
    id: `0102018f-${state.mails.length + 1}`,
    from: asked.FromEmailAddress,
    to: asked.Destination.ToAddresses,
    configurationSet: asked.ConfigurationSetName ?? null,
    raw: Buffer.from(asked.Content.Raw.Data, 'base64').toString('latin1'),
  };
  state.mails.push(mail);
  return mail;
};

const isSigned = ({ options }: State, request: IncomingMessage, body: Buffer): boolean => {
  const { credentials = null } = options;
  if (credentials === null) return true;
  const { method = '', url = '', headers } = request;
  const signer = signedBy({ method, path: url, headers, body }, credentials.secretAccessKey);
  return signer?.accessKeyId === credentials.accessKeyId;
};

const serve = async (state: State, request: IncomingMessage, response: ServerResponse): Promise<void> => {
  const fault = state.faults.shift() ?? state.always;
  if (fault?.do === 'RESET_EARLY') return void request.socket.resetAndDestroy();
  const body = await bodyOf(request);
  state.requests.push(`${request.method} ${request.url}\n${request.rawHeaders.join('\n')}\n\n${body.toString('utf8')}`);
  if (!(await endure(fault, request, response))) return;
  if (!isSigned(state, request, body))
    return refuse(response, {
      do: 'ANSWER',
      status: 403,
      code: 'InvalidSignatureException',
      message: 'wrong signature',
    });
  if (request.url === '/v2/email/account') answer(response, 200, { ...account, ...state.options.account });
  else if (request.url === '/v2/email/outbound-emails') answer(response, 200, { MessageId: take(state, body).id });
  else refuse(response, { do: 'ANSWER', status: 404, code: 'UnknownOperationException' });
};

/** Listens on 127.0.0.1 at a free port. */
export const startSesFake = async (options: SesFakeOptions = {}): Promise<SesFake> => {
  const state: State = { options, mails: [], requests: [], faults: [], always: null, sockets: new Set(), opened: 0 };
  const onRequest = (request: IncomingMessage, response: ServerResponse): void =>
    void serve(state, request, response).catch(() => request.socket.destroy());
  const { certificate } = options;
  const server = certificate === undefined ? createServer(onRequest) : createTlsServer(certificate, onRequest);
  server.on('connection', (socket: Socket) => {
    state.opened += 1;
    state.sockets.add(socket);
    socket.on('close', () => state.sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    mails: state.mails,
    requests: state.requests,
    connections: () => state.opened,
    fail: (...faults) => void state.faults.push(...faults),
    failAlways: (fault) => {
      state.always = fault;
    },
    stop: async () => {
      for (const socket of state.sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
};
