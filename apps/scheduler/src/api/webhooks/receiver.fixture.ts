/** A receiver of webhooks as an integrator writes one: a real HTTP server that verifies with the library of Standard Webhooks. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { Webhook } from 'standardwebhooks';

type Message = { type: string; timestamp: string; data: Record<string, unknown> };

type ReceivedMessage = {
  readonly path: string;
  readonly id: string;
  /** Signatures in the header. */
  readonly signatures: number;
  readonly message: Message;
};

type ReceivedEvent = { id: string; outcome: string; recipient: number; email: string; campaignId: string };

export type Receiver = AsyncDisposable & {
  url(path?: string): string;
  /** Verified ones, in the order in which they came. */
  readonly received: ReceivedMessage[];
  /** Messages whose signature no secret of their path verifies. */
  readonly refused: string[];
  /** By path: the secrets that may verify. */
  readonly secrets: Map<string, string>;
  /** By path: what to answer instead of 204. */
  readonly answers: Map<string, (response: ServerResponse, request: IncomingMessage) => void>;
  at(path: string): ReceivedMessage[];
  events(path: string): ReceivedEvent[];
};

const verify = async (receiver: Omit<Receiver, 'url' | 'at' | 'events'>, request: IncomingMessage): Promise<void> => {
  const path = request.url ?? '';
  const body = await text(request);
  const headers = request.headers as Record<string, string>;
  const id = headers['webhook-id'] ?? '';
  try {
    const message = new Webhook(receiver.secrets.get(path) ?? '').verify(body, headers) as Message;
    const signatures = (headers['webhook-signature'] ?? '').split(' ').length;
    receiver.received.push({ path, id, signatures, message });
  } catch {
    receiver.refused.push(id);
  }
};

const answer = async (receiver: Receiver, request: IncomingMessage, response: ServerResponse): Promise<void> => {
  await verify(receiver, request);
  const given = receiver.answers.get(request.url ?? '');
  if (given === undefined) response.writeHead(204).end();
  else given(response, request);
};

export const startReceiver = async (): Promise<Receiver> => {
  const server = createServer((request, response) => {
    void answer(receiver, request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const receiver: Receiver = {
    url: (path = '/') => `http://127.0.0.1:${port}${path}`,
    received: [],
    refused: [],
    secrets: new Map(),
    answers: new Map(),
    at: (path) => receiver.received.filter((one) => one.path === path),
    events: (path) =>
      receiver
        .at(path)
        .filter(({ message }) => message.type === 'delivery.events')
        .flatMap(({ message }) => message.data['events'] as ReceivedEvent[]),
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return receiver;
};
