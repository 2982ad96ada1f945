/** The replicas of one service on HTTP, some of which fail: which one is asked, and what may be asked twice. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { sleep } from '@sendpool/kernel';
import { parse } from 'graphql';
import { createContext } from './context.ts';
import { createUpstream, type Upstream } from './upstream.ts';

type Behaviour = 'ANSWER' | 'REFUSE' | 'BREAK';

const behaviours: Record<Behaviour, (req: IncomingMessage, res: ServerResponse) => void> = {
  ANSWER: (_req, res) => void res.end('{"data":{}}'),
  REFUSE: (_req, res) => void res.writeHead(503).end('{}'),
  BREAK: (req) => void req.socket.destroy(),
};

class Replica {
  behaviour: Behaviour = 'ANSWER';
  asked = 0;
  port = 0;
  #server: Server | undefined;

  async start(): Promise<void> {
    const server = createServer((req, res) => {
      if (req.url === '/readyz') return void res.writeHead(this.behaviour === 'ANSWER' ? 200 : 503).end('{}');
      this.asked += 1;
      req.resume().once('end', () => behaviours[this.behaviour](req, res));
    });
    this.#server = server.listen(this.port, '127.0.0.1');
    await once(server, 'listening');
    this.port = (server.address() as AddressInfo).port;
  }

  async stop(): Promise<void> {
    this.#server!.closeAllConnections();
    this.#server!.close();
    await once(this.#server!, 'close');
  }
}

const silent = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
const query = parse('{ a }');
const mutation = parse('mutation { a }');

const allAnswered = (times: number) => Array.from({ length: times }, () => 'answered');

describe('the replicas of a service', () => {
  let replicas: Replica[];
  let upstream: Upstream;

  beforeEach(async () => {
    replicas = [new Replica(), new Replica()];
    for (const replica of replicas) await replica.start();
    const urls = replicas.map(({ port }) => `http://127.0.0.1:${port}/graphql`);
    upstream = createUpstream({ name: 'pools', urls, sign: () => ({}), log: silent });
  });
  afterEach(async () => {
    await upstream.close();
    for (const replica of replicas) await replica.stop();
  });

  const send = async (document: typeof query): Promise<'answered' | 'failed'> => {
    const actor = { keyId: 'k', role: 'ADMIN', requestId: 'r' } as const;
    const context = createContext(actor, new AbortController().signal);
    const { errors } = await upstream.execute({ document, context });
    return errors === undefined ? 'answered' : 'failed';
  };
  const sendMany = (document: typeof query, times: number) =>
    Promise.all(Array.from({ length: times }, () => send(document)));
  const asked = () => replicas.map((replica) => replica.asked);

  it('are asked in turn', async () => {
    await sendMany(query, 10);
    assert.deepEqual(asked(), [5, 5]);
  });

  it('stand in for one that is gone, for mutations too, and it is asked again once it is back', async () => {
    await replicas[0]!.stop();
    assert.deepEqual([...(await sendMany(query, 4)), ...(await sendMany(mutation, 4))], allAnswered(8));
    assert.deepEqual(asked(), [0, 8]);
    await replicas[0]!.start();
    for (let tries = 0; replicas[0]!.asked === 0 && tries < 100; tries++, await sleep(50)) await send(query);
    assert.ok(replicas[0]!.asked > 0);
  });

  it('stand in for one that is not ready, for mutations too: it has not looked at them', async () => {
    replicas[0]!.behaviour = 'REFUSE';
    assert.deepEqual(await sendMany(mutation, 6), allAnswered(6));
    assert.equal(replicas[1]!.asked, 6);
  });

  it('answer the query of one that broke off, and never its mutation: it may have been done', async () => {
    for (const replica of replicas) replica.behaviour = 'BREAK';
    assert.equal(await send(mutation), 'failed');
    assert.equal(asked()[0]! + asked()[1]!, 1);
    assert.equal(await send(query), 'failed');
    assert.equal(asked()[0]! + asked()[1]!, 3);
    replicas[1]!.behaviour = 'ANSWER';
    assert.deepEqual(await sendMany(query, 4), allAnswered(4));
  });

  it('pass over one that broke off, for the next mutations', async () => {
    replicas[0]!.behaviour = 'BREAK';
    const first = [await send(mutation), await send(mutation)];
    assert.equal(first.filter((word) => word === 'failed').length, 1);
    assert.deepEqual(await sendMany(mutation, 6), allAnswered(6));
  });
});
