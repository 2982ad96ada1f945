/** For specs: an HTTP server that answers as the API does, and whole command lines against it. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { runLine } from './run.ts';

type Asked = { query: string; variables: Record<string, unknown> };

export const progress = {
  status: 'FINISHED',
  total: 20,
  accepted: 17,
  deferred: 0,
  bounced: 3,
  unknown: 0,
  expired: 0,
  suppressed: 0,
  cancelled: 0,
  inFlight: 0,
  done: 1,
  waitingFor: null,
};
export const campaign = {
  id: 'c1',
  name: 'Spring',
  status: 'FINISHED',
  createdAt: '2026-11-24T18:53:02.123Z',
  progress,
};
const stats = {
  attempted: '1200',
  accepted: '1163',
  bounced: '37',
  deferred: '4',
  unknown: '0',
  bounceRate: 0.0308,
  deferredRate: 0.0033,
  bounceVerdict: { words: '3.1 % over 1,200 sends: too few to say' },
};
const server = {
  id: 's1',
  name: 'Main',
  kind: 'SMTP',
  state: 'ACTIVE',
  host: '127.0.0.1',
  port: 2525,
  verification: { status: 'PASSED' },
  stats,
  health: {
    queueDepth: 1234,
    senders: [{ breaker: 'CLOSED', limitedBy: 'MESSAGES_PER_SECOND', limitedProvider: 'gmail' }],
  },
};
const rotation = { state: 'OUT', until: '2026-11-24T19:00:00.000Z', reason: '9 % bounced' };
const pool = {
  id: 'p1',
  name: 'Everything',
  members: [{ server: { name: 'Main', state: 'ACTIVE' }, weight: 10, share: 1, rotation }],
};

const lastPage = { hasNextPage: false, endCursor: 'end' };
const refused = { __typename: 'Refused', errors: [{ message: 'the campaign is FINISHED' }] };
export const event = (number: number): object => ({
  id: `1-${number}-ACCEPTED`,
  cursor: `cursor-${number}`,
  outcome: 'ACCEPTED',
});
const page = (number: number): object => ({ page: { nodes: [event(number)], endCursor: `cursor-${number}` } });

/** Two pages of servers, so that a command that reads only the first one is found out. */
const serversPage = ({ variables }: Asked): object =>
  variables['after'] === null
    ? { page: { nodes: [server], pageInfo: { hasNextPage: true, endCursor: 'second' } } }
    : {
        page: {
          nodes: [{ ...server, name: `after ${JSON.stringify(variables['after'])}`, stats: null, health: null }],
          pageInfo: lastPage,
        },
      };

export const viewer = {
  kind: 'API_KEY',
  id: 'k1',
  name: 'Shop',
  role: 'OPERATOR',
  expiresAt: '2099-01-01T00:00:00.000Z',
};

const answerTo = (asked: Asked): object => {
  if (asked.query.includes('viewer')) return { viewer };
  if (asked.query.includes('sendingServers(')) return serversPage(asked);
  if (asked.query.includes('pools(')) return { page: { nodes: [pool], pageInfo: lastPage } };
  if (asked.query.includes('campaigns(')) return { page: { nodes: [campaign], pageInfo: lastPage } };
  if (asked.query.includes('startCampaign(')) return { result: refused };
  if (asked.query.includes('resumeCampaign('))
    return { result: { __typename: 'CampaignPayload', campaign: { ...campaign, status: 'SENDING' } } };
  if (asked.query.includes('sendTestMessage('))
    return { result: { __typename: 'TestMessagePayload', testCampaign: { id: 't1', name: 'Spring' } } };
  const known = asked.variables['id'] === 'c1';
  return { campaign: known ? { ...campaign, subject: 's', pausedReason: 'by hand', serverStats: [] } : null };
};

/** A campaign that is cancelled half way. */
const course = [
  { ...progress, status: 'SENDING', accepted: 10, bounced: 0, done: 0.5 },
  { ...progress, status: 'CANCELLED', accepted: 15, cancelled: 2 },
];

const said = { message: 'A valid API key is needed', extensions: { code: 'UNAUTHENTICATED' } };

const stream = (response: ServerResponse, question: Asked, breaksOff: boolean): void => {
  response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' });
  const next = (data: object): void => void response.write(`event: next\ndata: ${JSON.stringify({ data })}\n\n`);
  response.write(':\n\n');
  if (question.query.includes('campaignProgress')) for (const seen of course) next({ progress: seen });
  else next(page(question.variables['after'] === 'cursor-1' ? 2 : 1));
  if (breaksOff) response.write(':\n\n', () => setTimeout(() => response.destroy(), 50));
  else response.end('event: complete\ndata: \n\n');
};

type State = {
  /** What was asked so far. */
  asked: Asked[];
  /** How many of the next streams break off in their middle. */
  breaks: number;
};

const answer = async (request: IncomingMessage, response: ServerResponse, state: State): Promise<void> => {
  if (request.url !== '/graphql') return void response.writeHead(404).end('<h1>Not found</h1>');
  const question = (await json(request)) as Asked;
  state.asked.push(question);
  const isKnown = request.headers.authorization === 'Bearer sp_good';
  if (isKnown && question.query.startsWith('subscription')) return stream(response, question, state.breaks-- > 0);
  response.writeHead(isKnown ? 200 : 401, { 'content-type': 'application/json; charset=utf-8' });
  response.end(JSON.stringify(isKnown ? { data: answerTo(question) } : { errors: [said] }));
};

export type Ended = { code: number; printed: string; complained: string };

/** Runs a command line with a good key. */
const runAt = async (url: string, line: string, env: Record<string, string>): Promise<Ended> => {
  const printed: string[] = [];
  const complained: string[] = [];
  const print = (text: string): void => void printed.push(text);
  const code = await runLine({
    args: line.split(' ').filter((word) => word !== ''),
    env: { SENDPOOL_API_KEY: 'sp_good', SENDPOOL_URL: url, ...env },
    terminal: { line: print, status: print },
    complain: (text) => complained.push(text),
    signal: new AbortController().signal,
  });
  return { code, printed: printed.join('\n'), complained: complained.join('\n') };
};

export type Api = State & {
  /** Without a path. */
  origin: string;
  run(line: string, env?: Record<string, string>): Promise<Ended>;
  stop(): void;
};

export const startApi = async (): Promise<Api> => {
  const state: State = { asked: [], breaks: 0 };
  const http = createServer((request, response) => void answer(request, response, state)).listen(0, '127.0.0.1');
  await once(http, 'listening');
  const origin = `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
  const stop = (): void => {
    http.closeAllConnections();
    http.close();
  };
  return Object.assign(state, { origin, run: (line: string, env = {}) => runAt(origin, line, env), stop });
};
