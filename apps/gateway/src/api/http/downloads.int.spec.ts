/** Downloads through the real proxy from a stand-in of the scheduler on HTTP. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, request, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, describe, it } from 'node:test';
import type { Role } from '@sendpool/contracts';
import { createRateLimit, createSpending, refuseAnyStranger as refuseStranger } from '@sendpool/graphql';
import { sleep } from '@sendpool/kernel';
import { createMetrics, startService, streamedBody, verifyRequest, type RunningService } from '@sendpool/service';
import { createDownloads } from './downloads.ts';
import { createTransfers, type TransferOptions } from './transfer.ts';

const secret = 'x'.repeat(32);
const campaign = '01932f6e-0000-7000-8000-000000000001';
const path = `/campaigns/${campaign}/recipients.csv`;
const errorsPath = `/audiences/${campaign}/imports/${campaign}/errors.csv`;
const silent = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
const mebibyte = Buffer.alloc(1024 * 1024, 'x');

const sendHead = (res: ServerResponse) =>
  res.writeHead(200, { 'content-type': 'text/csv', 'content-disposition': 'attachment; filename="r.csv"' });

const spending = createSpending(createRateLimit({ perMinute: 1e9 }));

/** False: every key has been revoked. */
let isValid = true;

const authenticate: TransferOptions['authenticate'] = async (authorization) => {
  const [role, keyId = 'k'] = (authorization?.split(' ') ?? []) as [Role?, string?];
  if (role === undefined) return undefined;
  return { actor: { keyId, role, requestId: 'request-7' }, isValid: () => isValid };
};

describe('a download', () => {
  let scheduler: Server;
  let gateway: RunningService;
  let url: string;
  /** What the scheduler does with the next request; set by each test. */
  let behave: (req: IncomingMessage, res: ServerResponse) => Promise<void>;

  before(async () => {
    scheduler = createServer((req, res) => void behave(req, res).catch(() => res.destroy()));
    await new Promise<void>((resolve) => scheduler.listen(0, '127.0.0.1', resolve));
    const schedulerUrls = [`http://127.0.0.1:${(scheduler.address() as AddressInfo).port}`];
    const { routes, part } = createTransfers(
      { schedulerUrls, secret, authenticate, refuseStranger, spending, log: silent },
      createDownloads(),
    );
    const http = { host: '127.0.0.1', port: 0 };
    const metrics = createMetrics('gateway');
    gateway = await startService({ name: 'gateway', http, parts: [part], routes, log: silent, metrics });
    url = `http://127.0.0.1:${gateway.port}`;
  });
  after(async () => {
    await gateway.stop(1000);
    scheduler.closeAllConnections();
    scheduler.close();
  });

  const get = (to: string, role?: Role, keyId = 'k') =>
    fetch(url + to, { headers: role === undefined ? {} : { authorization: `${role} ${keyId}` } });

  it('is asked for with its query, signed with the actor, and comes with name and type', async () => {
    behave = async (req, res) => {
      const actor = verifyRequest(req, streamedBody, { secret });
      sendHead(res).end(`${req.url},${actor?.role}\r\n`);
    };
    const answer = await get(`${path}?state=BOUNCED`, 'READER');
    assert.equal(await answer.text(), `${path}?state=BOUNCED,READER\r\n`);
    const headers = ['content-type', 'content-disposition', 'x-content-type-options', 'x-request-id'];
    assert.deepEqual(
      headers.map((name) => answer.headers.get(name)),
      ['text/csv', 'attachment; filename="r.csv"', 'nosniff', 'request-7'],
    );
    assert.equal((await get(errorsPath, 'OPERATOR')).status, 200);
  });

  const refusals: [string, string, Role | undefined, number][] = [
    ['no key', path, undefined, 401],
    ['a key that may only read, of the rows of an upload', errorsPath, 'READER', 403],
    ['an id that is none', '/campaigns/x/recipients.csv', 'ADMIN', 404],
    ['another query', `${path}?state=BOUNCED&x=1`, 'ADMIN', 404],
    ['a path that climbs out', `/campaigns/${campaign}/recipients.csv/%2e%2e/graphql`, 'ADMIN', 404],
    ['another table', `/campaigns/${campaign}/secrets.csv`, 'ADMIN', 404],
  ];
  for (const [name, to, role, expected] of refusals)
    it(`is refused with ${name} before the scheduler hears of it`, async () => {
      behave = async () => assert.fail('the scheduler heard of it');
      assert.equal((await get(to, role)).status, expected);
    });

  it('is told why the scheduler refuses it, and nothing of its faults', async () => {
    behave = async (_req, res) => void res.writeHead(404).end('{"error":"there is no such campaign"}');
    const refused = await get(path, 'READER');
    const error = { code: 'NOT_FOUND', message: 'there is no such campaign' };
    assert.deepEqual([refused.status, await refused.json()], [404, { error }]);
    behave = async (_req, res) => void res.writeHead(500).end('relation "campaign" at 10.0.0.7');
    const failed = await get(path, 'READER');
    assert.equal(failed.status, 503);
    assert.doesNotMatch(await failed.text(), /relation|10\.0/);
  });

  it('that breaks in the middle is a broken connection for the client, never a shorter file', async () => {
    behave = async (_req, res) => {
      sendHead(res).write('number,email\r\n');
      await sleep(50);
      res.destroy();
    };
    const answer = await get(path, 'READER');
    assert.equal(answer.status, 200);
    await assert.rejects(answer.text());
  });

  it('is read from the scheduler no faster than the client takes it, and ends there when the client goes away', async () => {
    let written = 0;
    const ended = Promise.withResolvers<void>();
    behave = async (_req, res) => {
      res.once('close', () => ended.resolve());
      sendHead(res);
      while (!res.destroyed && written < 200) {
        written += 1;
        if (!res.write(mebibyte)) await Promise.race([once(res, 'drain'), ended.promise]);
      }
    };
    const client = request(url + path, { headers: { authorization: 'READER' } });
    client.on('error', () => undefined).end();
    const [answer] = (await once(client, 'response')) as [IncomingMessage];
    answer.pause();
    await sleep(500);
    assert.ok(written < 50, `${written} MiB were read that nobody takes`);
    client.destroy();
    await ended.promise;
  });

  it('breaks off within 5 s when its key ends, at the scheduler too', async (t) => {
    t.after(() => (isValid = true));
    const ended = Promise.withResolvers<void>();
    behave = async (_req, res) => void sendHead(res.once('close', ended.resolve)).write('number,email\r\n');
    const answer = await get(path, 'READER');
    isValid = false;
    await assert.rejects(Promise.race([answer.text(), sleep(5000)]), /terminated/);
    await ended.promise;
  });

  it('beyond the sixteenth at once is refused for now, and one that ends lets the next one in', async () => {
    behave = async (_req, res) => void sendHead(res).write('number\r\n');
    const answers = await Promise.all(Array.from({ length: 17 }, (_, n) => get(path, 'READER', `key${n % 5}`)));
    const statuses = answers.map(({ status }) => status).sort((a, b) => a - b);
    assert.deepEqual([statuses.lastIndexOf(200), statuses[16]], [15, 503]);
    assert.equal(answers.find(({ status }) => status === 503)?.headers.get('retry-after'), '10');
    await Promise.all(answers.map((answer) => answer.body!.cancel()));
    behave = async (_req, res) => void sendHead(res).end('number\r\n');
    for (let tries = 0; (await get(path, 'READER')).status !== 200; tries++) {
      assert.ok(tries < 50);
      await sleep(20);
    }
  });

  it('beyond the fourth of one key at once is refused in words, and other keys go on', async () => {
    behave = async (_req, res) => void sendHead(res).write('number\r\n');
    const answers = await Promise.all(Array.from({ length: 4 }, () => get(path, 'READER', 'a')));
    assert.ok(answers.every(({ status }) => status === 200));
    behave = async () => assert.fail('the scheduler heard of it');
    const refused = await get(path, 'READER', 'a');
    const error = { code: 'RATE_LIMITED', message: '4 downloads of this key are running: wait for one to end' };
    assert.deepEqual([refused.status, refused.headers.get('retry-after')], [429, '10']);
    assert.deepEqual(await refused.json(), { error });
    behave = async (_req, res) => void sendHead(res).write('number\r\n');
    const other = await get(path, 'READER', 'b');
    assert.equal(other.status, 200);
    await Promise.all([...answers, other].map((answer) => answer.body!.cancel()));
    behave = async (_req, res) => void sendHead(res).end('number\r\n');
    for (let tries = 0; (await get(path, 'READER', 'a')).status !== 200; tries++) {
      assert.ok(tries < 50);
      await sleep(20);
    }
  });
});
