/** The receivers of docs/webhooks.md, as they stand there, against the messages that Sendpool sends. */
import assert from 'node:assert/strict';
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { newId, sleep } from '@sendpool/kernel';
import { createPost } from './api/webhooks/post.ts';
import { createReach, lookUpFor } from './api/webhooks/public-lookup.ts';
import { createSignedPost } from './api/webhooks/signed-post.ts';
import { outcomeEvent } from './domain/recipient.fixture.ts';
import { messageBody, messagesFor } from './domain/webhook-messages.ts';
import { createSecretKeeper } from './webhook-secrets.ts';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const page = readFileSync(`${root}docs/webhooks.md`, 'utf8');
const snippet = (language: string): string => new RegExp(`\`\`\`${language}\n(.*?)\`\`\``, 's').exec(page)![1]!;

const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
};

const keeper = createSecretKeeper({ WEBHOOK_KEY: Buffer.alloc(32, 7), WEBHOOK_KEY_PREVIOUS: undefined });
const id = newId();
const [secret, older] = [keeper.newSecret(), keeper.newSecret()];
const seal = (plain: string) => keeper.seal(plain, id);

const events = [
  outcomeEvent('BOUNCED', { recipient: 0, sequence: 1 }),
  outcomeEvent('ACCEPTED', { recipient: 1, sequence: 2 }),
];
const [message] = messagesFor(
  events.map((event, offset) => ({ kind: 'OUTCOME', offset, event })),
  [{ id, events: ['ACCEPTED', 'BOUNCED'], campaignId: null, from: 0 }],
  {
    addresses: new Map([
      ['c1:0', 'ann@example.com'],
      ['c1:1', 'jürgen@example.com'],
    ]),
    now: new Date(),
  },
);

/** Statuses of: nothing else but the right message, the same again, a test by both secrets, a wrong secret, and one that is too old. */
const talk = async (port: number): Promise<(number | null)[]> => {
  const post = createPost({ reach: createReach({ allowPrivate: true, lookUp: lookUpFor(true) }) });
  const send = (body: string, plain: readonly [string, string?], at = Date.now()) => {
    const [first, second] = plain;
    const previous = second === undefined ? null : seal(second);
    const target = { id, url: `http://127.0.0.1:${port}/`, secret: seal(first), previousSecret: previous };
    const signed = createSignedPost({ post, open: keeper.open, now: () => new Date(at) });
    return signed({ ...target, previousUntil: previous && new Date(at + 1000) }, { id: newId(), body });
  };
  for (let tries = 0; tries < 100 && (await send('', [older])).status === null; tries++) await sleep(50);
  const body = message!.body;
  const attempts = [
    await send(body, [secret]),
    await send(body, [secret]),
    await send(messageBody('webhook.test', {}, new Date()), [older, secret]),
    await send(body, [older]),
    await send(body, [secret], Date.now() - 600_000),
  ];
  post.close();
  return attempts.map(({ status }) => status);
};

const check = async (start: (env: NodeJS.ProcessEnv) => ChildProcess): Promise<void> => {
  const port = await freePort();
  const child = start({ ...process.env, PORT: String(port), WEBHOOK_SECRET: secret });
  let said = '';
  child.stdout!.on('data', (chunk: Buffer) => (said += chunk.toString('utf8')));
  const ended = once(child, 'exit');
  const statuses = await talk(port).finally(() => child.kill());
  await ended;
  assert.deepEqual(statuses, [204, 204, 204, 400, 400]);
  assert.deepEqual(said.trim().split('\n'), ['BOUNCED ann@example.com', 'ACCEPTED jürgen@example.com', 'webhook.test']);
};

test('the receiver in TypeScript takes what is genuine, once, and nothing else', () =>
  check((env) => {
    const args = ['--input-type=module-typescript', '--eval', snippet('ts')];
    return spawn(process.execPath, args, { cwd: root, env, stdio: ['ignore', 'pipe', 'inherit'] });
  }));

const hasPython = spawnSync('python3', ['-c', 'import sys; sys.exit(sys.version_info < (3, 9))']).status === 0;

test(
  'the receiver in Python does the same',
  { skip: hasPython ? false : 'not part of the project: Python 3.9 or newer is not here' },
  () =>
    check((env) =>
      spawn('python3', ['-X', 'utf8', '-c', snippet('python')], { env, stdio: ['ignore', 'pipe', 'inherit'] }),
    ),
);
