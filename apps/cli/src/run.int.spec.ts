/** Whole command lines of `sendpool` against an HTTP server that answers as the API did: what is printed, and how it ends. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { after, before, beforeEach, test } from 'node:test';
import { runLine } from './run.ts';

type Asked = { query: string; variables: Record<string, unknown> };

const progress = {
  total: 20,
  accepted: 17,
  deferred: 0,
  bounced: 3,
  unknown: 0,
  inFlight: 0,
  done: 1,
  waitingFor: null,
};
const campaign = {
  id: 'c1',
  name: 'Spring',
  status: 'FINISHED',
  createdAt: '2026-11-24T18:53:02.123Z',
  progress,
};
const stats = {
  attempted: '1200',
  accepted: '1163',
  bounced: { hard: '30', block: '2', soft: '5' },
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
  health: { queueDepth: 1234, senders: [{ breaker: 'CLOSED', limitedBy: 'MESSAGES_PER_SECOND' }] },
};
const rotation = { state: 'OUT', until: '2026-11-24T19:00:00.000Z', reason: '9 % bounced' };
const pool = {
  id: 'p1',
  name: 'Everything',
  members: [{ server: { name: 'Main', state: 'ACTIVE' }, weight: 10, share: 1, rotation }],
};

const lastPage = { hasNextPage: false, endCursor: 'end' };
const refused = { __typename: 'Refused', errors: [{ message: 'the campaign is FINISHED' }] };
const event = (number: number): object => ({
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

const answerTo = (asked: Asked): object => {
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

const said = { message: 'A valid API key is needed', extensions: { code: 'UNAUTHENTICATED' } };
let asked: Asked[];
/** How many streams break off in their middle. */
let breaks: number;

const stream = (response: ServerResponse, question: Asked): void => {
  response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' });
  const next = (data: object): void => void response.write(`event: next\ndata: ${JSON.stringify({ data })}\n\n`);
  response.write(':\n\n');
  if (question.query.includes('campaignProgress'))
    for (const done of [0.5, 1]) next({ progress: { ...progress, done } });
  else next(page(question.variables['after'] === 'cursor-1' ? 2 : 1));
  if (breaks > 0) {
    breaks -= 1;
    response.write(':\n\n', () => setTimeout(() => response.destroy(), 50));
  } else response.end('event: complete\ndata: \n\n');
};

const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
  const question = (await json(request)) as Asked;
  asked.push(question);
  const isKnown = request.headers.authorization === 'Bearer sp_good';
  if (isKnown && question.query.startsWith('subscription')) return stream(response, question);
  response.writeHead(isKnown ? 200 : 401, { 'content-type': 'application/json; charset=utf-8' });
  response.end(JSON.stringify(isKnown ? { data: answerTo(question) } : { errors: [said] }));
};

let http: Server;
let url: string;
before(async () => {
  http = createServer((request, response) => void answer(request, response)).listen(0, '127.0.0.1');
  await once(http, 'listening');
  url = `http://127.0.0.1:${(http.address() as AddressInfo).port}/graphql`;
});
after(() => {
  http.closeAllConnections();
  http.close();
});
beforeEach(() => {
  asked = [];
  breaks = 0;
});

type Ended = { code: number; printed: string; complained: string };

const run = async (line: string, env: Record<string, string> = {}): Promise<Ended> => {
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

/** Without the padding of the table. */
const cells = ({ printed }: Ended): string[][] => printed.split('\n').map((line) => line.trim().split(/ {2,}/));

test('servers are shown from every page, with what they do and what is wrong with them', async () => {
  const ended = await run('servers');
  assert.deepEqual(cells(ended).slice(1), [
    [
      'Main',
      's1',
      'SMTP',
      'ACTIVE',
      'PASSED',
      '127.0.0.1:2525',
      '3.1 %',
      '0.3 %',
      '1,234',
      'at its limit: MESSAGES_PER_SECOND',
    ],
    ['after "second"', 's1', 'SMTP', 'ACTIVE', 'PASSED', '127.0.0.1:2525', '-', '-', '-', 'unknown'],
  ]);
  assert.deepEqual([ended.code, ended.complained], [0, '']);
});

test('statistics add up the bounces, and are of the window that was asked for', async () => {
  const ended = await run('stats --window last_day');
  assert.deepEqual(cells(ended)[1], [
    'Main',
    '1,200',
    '1,163',
    '37',
    '4',
    '0',
    '3.1 % over 1,200 sends: too few to say',
  ]);
  assert.ok(asked[0]!.query.includes('stats(window: LAST_DAY)'));
});

test('a window that there is not asks for nothing and ends with 1', async () => {
  const { code, complained } = await run('stats --window yesterday');
  assert.deepEqual([code, asked.length], [1, 0]);
  assert.equal(complained, '--window is one of LAST_MINUTE, LAST_HOUR, LAST_DAY, ALL');
});

test('pools are shown with their members, and why one is out', async () => {
  assert.deepEqual(cells(await run('pools'))[1], [
    'Everything',
    'p1',
    'Main',
    'ACTIVE',
    '10',
    '100.0 %',
    'OUT until 2026-11-24 19:00:00Z: 9 % bounced',
  ]);
});

test('campaigns are shown with how far they are', async () => {
  assert.deepEqual(cells(await run('campaigns'))[1], [
    'Spring',
    'c1',
    'FINISHED',
    '100.0 %',
    '20',
    '17',
    '3',
    '0',
    '2026-11-24 18:53:02Z',
  ]);
});

test('with --json the answer is printed as it is, for programs', async () => {
  const { code, printed } = await run('campaigns --json');
  assert.deepEqual([code, JSON.parse(printed)], [0, [campaign]]);
});

test('one campaign is shown with the reason of its pause; one that there is not ends with 1', async () => {
  const ended = await run('campaign c1');
  assert.match(ended.printed, /^paused: by hand$/m);
  assert.match(ended.printed, /No server has sent for it yet/);
  assert.deepEqual(await run('campaign c2'), { code: 1, printed: '', complained: 'there is no campaign c2' });
});

test('a refused start says why and ends with 1; what is taken says what became of it', async () => {
  assert.deepEqual(await run('start c1'), { code: 1, printed: '', complained: 'the campaign is FINISHED' });
  assert.deepEqual(asked[0]!.variables, { input: { id: 'c1' } });
  const taken = await run('resume c1');
  assert.equal(taken.code, 0);
  assert.match(
    taken.printed,
    /^Spring is SENDING\. \[█{30}\] 100\.0 % {2}17 of 20 accepted, 0 deferred, 3 bounced, 0 unknown$/,
  );
});

test('a test goes to the address that was named, and can be followed', async () => {
  assert.deepEqual(await run('test c1 me@example.net'), {
    code: 0,
    printed: 'A test of Spring goes to me@example.net. To follow it: watch t1',
    complained: '',
  });
  assert.deepEqual(asked[0]!.variables, { input: { campaignId: 'c1', to: ['me@example.net'] } });
});

test('watch shows the progress until the stream ends', async () => {
  const { code, printed } = await run('watch c1');
  assert.equal(code, 0);
  assert.deepEqual(
    printed.split('\n').map((line) => / (\S+ %)/.exec(line)?.[1]),
    ['50.0 %', '100.0 %'],
  );
  const lines = (await run('watch c1 --json')).printed.split('\n');
  assert.deepEqual(JSON.parse(lines[1]!), progress);
});

test('events are a line of JSON each, of the campaign and behind the cursor that were named', async () => {
  const { code, printed } = await run('events --campaign c1 --after cursor-0');
  assert.deepEqual([code, JSON.parse(printed)], [0, event(1)]);
  assert.deepEqual(asked[0]!.variables, { after: 'cursor-0', filter: { campaignId: 'c1' } });
});

test('events go on behind the last one when the stream breaks off', async () => {
  breaks = 1;
  const { code, printed } = await run('events');
  assert.equal(code, 0);
  assert.deepEqual(
    printed.split('\n').map((line) => JSON.parse(line) as object),
    [event(1), event(2)],
  );
  assert.deepEqual(
    asked.map(({ variables }) => variables['after']),
    [null, 'cursor-1'],
  );
});

for (const line of ['servers', 'watch c1', 'events'])
  test(`a wrong key says so and what to do, once: ${line}`, async () => {
    assert.deepEqual(await run(line, { SENDPOOL_API_KEY: 'sp_wrong' }), {
      code: 1,
      printed: '',
      complained: 'A valid API key is needed: put a valid API key into SENDPOOL_API_KEY',
    });
    assert.equal(asked.length, 1);
  });

for (const line of ['campaigns', 'watch c1'])
  test(`without a server the address is named: ${line}`, async () => {
    const { code, complained } = await run(`${line} --url http://127.0.0.1:1/graphql`);
    assert.equal(code, 1);
    assert.match(complained, /^http:\/\/127\.0\.0\.1:1\/graphql does not answer: is Sendpool running there\?/);
  });

for (const [line, reason] of [
  ['', 'Which command?'],
  ['serves', 'serves is no command'],
  ['watch', 'watch <campaign id> is how it is written'],
  ['test c1', 'test <campaign id> <address> is how it is written'],
  ['servers c1', 'servers is how it is written'],
] as const)
  test(`what is not understood ends with 2 and the help: ${line === '' ? 'nothing' : line}`, async () => {
    const { code, printed, complained } = await run(line);
    assert.deepEqual([code, printed, asked.length], [2, '', 0]);
    assert.ok(complained.startsWith(`${reason}\n\nnpm run sendpool -- <command>`), complained);
  });

test('without a key nothing is asked, and it ends with 2', async () => {
  const { code, complained } = await run('servers', { SENDPOOL_API_KEY: '' });
  assert.deepEqual([code, asked.length], [2, 0]);
  assert.match(complained, /^SENDPOOL_API_KEY is not set/);
});

test('--help is printed and is no fault', async () => {
  const { code, printed } = await run('--help');
  assert.equal(code, 0);
  assert.match(printed, /watch <campaign id> {11}the progress/);
});
