/** A process of bench live: holds many subscriptions, and writes down when each event came, which came twice and which never. */
import { request, type IncomingMessage } from 'node:http';
import { WebSocket } from 'ws';
import { longestMs, type ClientReport, type FromClient, type Subscription, type ToClient } from './live-words.ts';

type Page = { nodes: { at: string; recipientNumber: number }[] };
type Message = { type?: string; payload?: { data?: { page?: Page } | null } };
type Take = (page: Page, bytes: number) => void;

/** Subscriptions that are opened at the same time. */
const atOnce = 20;

const tell = (words: FromClient): void => void process.send!(words);
const fail = (reason: unknown): void => tell({ say: 'FAILED', reason: String(reason) });

const noDelays = (): number[] => Array.from({ length: longestMs + 1 }, () => 0);

const openSocket = ({ url, headers, body }: Subscription, take: Take): Promise<void> =>
  new Promise((resolve) => {
    const socket = new WebSocket(url, 'graphql-transport-ws', { headers });
    socket.once('open', () => socket.send('{"type":"connection_init"}'));
    socket.on('error', fail).on('close', (code) => fail(`a socket was closed: ${code}`));
    socket.on('message', (data: Buffer) => {
      const text = data.toString();
      const { type, payload } = JSON.parse(text) as Message;
      if (type === 'connection_ack') socket.send(`{"id":"1","type":"subscribe","payload":${body}}`, () => resolve());
      else if (type === 'ping') socket.send('{"type":"pong"}');
      else if (type === 'next' && payload?.data?.page !== undefined) take(payload.data.page, text.length);
      else fail(text.slice(0, 300));
    });
  });

const readBlock = (block: string, take: Take): void => {
  const start = block.indexOf('data: {');
  if (start === -1) return;
  const text = block.slice(start + 'data: '.length);
  const { data } = JSON.parse(text) as NonNullable<Message['payload']>;
  if (data?.page === undefined) fail(text.slice(0, 300));
  else take(data.page, block.length);
};

const readBlocks = (response: IncomingMessage, take: Take): void => {
  let rest = '';
  response.setEncoding('utf8').on('data', (piece: string) => {
    const blocks = (rest + piece).split('\n\n');
    rest = blocks.pop()!;
    for (const block of blocks) readBlock(block, take);
  });
};

const openEvents = ({ url, headers, body }: Subscription, take: Take): Promise<void> =>
  new Promise((resolve) => {
    const given = { 'content-type': 'application/json', accept: 'text/event-stream', ...headers };
    const sent = request(url, { method: 'POST', headers: given, agent: false }, (response) => {
      if (response.statusCode !== 200) fail(`a stream was answered ${response.statusCode}`);
      readBlocks(response, take);
      response.once('close', () => fail('a stream was closed'));
      resolve();
    });
    sent.on('error', fail).end(body);
  });

let since = Number.POSITIVE_INFINITY;
let waiting = 0;
const report: ClientReport = {
  delays: { WEBSOCKET: noDelays(), SSE: noDelays(), DIRECT: noDelays() },
  messages: 0,
  bytes: 0,
  missing: 0,
  doubled: 0,
};
/** Which events each subscription has got, by the number of the recipient. */
const seen: { filter: number; numbers: Uint8Array }[] = [];

const takerOf = ({ transport, filter }: Subscription, most: number): Take => {
  const numbers = new Uint8Array(most);
  const delays = report.delays[transport];
  let isNew = true;
  seen.push({ filter, numbers });
  return ({ nodes }, bytes) => {
    const now = Date.now();
    for (const { at, recipientNumber } of nodes) {
      report.doubled += numbers[recipientNumber]!;
      numbers[recipientNumber] = 1;
      const began = Date.parse(at);
      if (began >= since) delays[Math.max(0, Math.min(now - began, longestMs))]! += 1;
    }
    if (since <= now) {
      report.messages += 1;
      report.bytes += bytes;
    }
    if (isNew && (waiting -= 1) === 0) tell({ say: 'JOINED' });
    isNew = false;
  };
};

const open = async (subscriptions: readonly Subscription[], most: number): Promise<void> => {
  waiting = subscriptions.length;
  const left = [...subscriptions];
  const keepOpening = async (): Promise<void> => {
    for (let next = left.shift(); next !== undefined; next = left.shift())
      await (next.transport === 'WEBSOCKET' ? openSocket : openEvents)(next, takerOf(next, most));
  };
  await Promise.all(Array.from({ length: atOnce }, keepOpening));
};

const missing = (from: readonly number[], to: readonly number[]): number =>
  seen.reduce((sum, { filter, numbers }) => {
    const range = numbers.subarray(from[filter], to[filter]);
    return sum + range.reduce((lost, has) => lost + 1 - has, 0);
  }, 0);

process.on('disconnect', () => process.exit());
process.on('message', (words: ToClient) => {
  if (words.say === 'OPEN') open(words.subscriptions, words.most).catch(fail);
  if (words.say === 'MEASURE') since = words.since;
  if (words.say === 'REPORT') tell({ say: 'REPORTED', report: { ...report, missing: missing(words.from, words.to) } });
});
