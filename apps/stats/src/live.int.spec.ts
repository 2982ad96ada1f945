import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { deliveryEventsTopic, type DeliveryEvent } from '@sendpool/contracts';
import { freshDatabase, type TestDatabase } from '@sendpool/database/testing';
import { createEventLog, type EventLog } from '@sendpool/event-log';
import { sleep } from '@sendpool/kernel';
import { hop, outcome } from './domain/outcome.fixture.ts';
import { envOf, startReplica, streamAt, type Replica, type StreamAnswer } from './replica.fixture.ts';

const lanes = 3;
const topic = deliveryEventsTopic.name;
const subscription = `subscription ($after: String, $filter: DeliveryEventFilter) {
  page: deliveryEvents(after: $after, filter: $filter) { endCursor nodes { id cursor } } }`;

type Page = { endCursor: string; nodes: { id: string; cursor: string }[] };

const pageOf = ({ data, errors }: StreamAnswer): Page => {
  assert.equal(errors, undefined, JSON.stringify(errors));
  return data!['page'] as Page;
};

const codeOf = ({ errors }: StreamAnswer): string | undefined => errors?.[0]?.extensions.code;

/** Ids of events by their lane, in the order in which they came. */
const byLane = (ids: readonly string[]): Map<string, string[]> =>
  new Map([...Map.groupBy(ids, (id) => id.slice(0, id.indexOf('-')))].sort(([one], [other]) => (one < other ? -1 : 1)));

/** Reads until so many events have come. */
const take = async (answers: AsyncIterable<StreamAnswer>, count: number): Promise<Page[]> => {
  const pages: Page[] = [];
  for await (const answer of answers) {
    pages.push(pageOf(answer));
    if (pages.flatMap(({ nodes }) => nodes).length >= count) return pages;
  }
  return pages;
};
const idsOf = (pages: readonly Page[]): string[] => pages.flatMap(({ nodes }) => nodes.map(({ id }) => id));

/** The first answer of a stream that is of no interest any more. */
const firstOf = async (answers: AsyncIterable<StreamAnswer>): Promise<StreamAnswer> => {
  for await (const answer of answers) return answer;
  throw new Error('the stream has ended without an answer');
};

const valueOf = async (answers: AsyncGenerator<StreamAnswer, void>): Promise<StreamAnswer> =>
  (await answers.next()).value as StreamAnswer;

const acceptedOf = ({ data }: StreamAnswer): number => Number((data!['stats'] as { accepted: string }).accepted);

describe('live data of stats', { timeout: 120_000 }, () => {
  const opened = new AsyncDisposableStack();
  let fresh: TestDatabase;
  let eventLog: EventLog;
  let replica: Replica;
  const written: string[] = [];
  const sequences = [0, 0, 0];

  before(async () => {
    fresh = opened.use(await freshDatabase());
    replica = await startReplica(fresh.url, lanes);
    opened.defer(() => replica.stop());
    eventLog = await createEventLog({ url: fresh.url, applicationName: 'live spec' });
    opened.defer(() => eventLog.close());
  });
  after(() => opened.disposeAsync());

  const publish = async (events: readonly DeliveryEvent[]): Promise<void> => {
    const value = deliveryEventsTopic.encode;
    await eventLog.publish(
      topic,
      events.map((event) => ({ partition: event.lane, key: null, value: value(event) })),
    );
  };
  /** The next so many events of a lane; returns their ids. */
  const write = async (lane: number, count: number, facts: Parameters<typeof outcome>[1] = {}): Promise<string[]> => {
    const events = Array.from({ length: count }, () => outcome(sequences[lane]!++, { at: Date.now(), lane, ...facts }));
    await publish(events);
    const ids = events.map((event) => `${lane}-${event.sequence}-${event.outcome}`);
    written.push(...ids);
    return ids;
  };
  const cursorOfNow = async (): Promise<string> => {
    const { page } = await replica.ask('{ page: deliveryEvents { endCursor nodes { id } } }');
    assert.deepEqual((page as Page).nodes, []);
    return (page as Page).endCursor;
  };
  it('shows what became of a try, with everything that is known of it and nothing that is not for clients', async () => {
    const after = await cursorOfNow();
    const reply = { code: 550, enhanced: '5.1.1', text: 'no such user' };
    await publish([
      { type: 'GAP', lane: 1, from: 0, to: 1, at: 5 },
      { type: 'LOST', lane: 1, upTo: 1, at: 5 },
      outcome(2, { lane: 1, outcome: 'RELEASED', serverId: null, reason: 'NO_SERVER' }),
      outcome(3, {
        lane: 1,
        at: 1_700_000_000_000,
        outcome: 'BOUNCED',
        bounceClass: 'HARD',
        reply,
        hops: [hop('b')],
        trace: 'secret',
      }),
    ]);
    sequences[1] = 4;
    const query = `subscription ($after: String) { page: deliveryEvents(after: $after) { nodes { id at outcome campaign { id }
      recipientNumber tryNumber pool { id } server { id } provider reply { code enhanced text } bounceClass reason
      hops { server { id } stage error } latencyMs } } }`;
    for await (const answer of replica.stream(query, { after })) {
      assert.deepEqual(pageOf(answer).nodes, [
        {
          id: '1-3-BOUNCED',
          at: '2023-11-14T22:13:20.000Z',
          outcome: 'BOUNCED',
          campaign: { id: 'c1' },
          recipientNumber: 3,
          tryNumber: 1,
          pool: { id: 'p1' },
          server: { id: 'a' },
          provider: 'gmail',
          reply,
          bounceClass: 'HARD',
          reason: null,
          hops: [{ server: { id: 'b' }, stage: 'CONNECT', error: 'refused' }],
          latencyMs: 12,
        },
      ]);
      break;
    }
  });

  it('has no code for a reply that no SMTP server gave', async () => {
    const after = await cursorOfNow();
    const reply = { code: 0, enhanced: null, text: 'MessageRejected: Email address is not verified.' };
    await write(1, 1, { outcome: 'BOUNCED', bounceClass: 'BLOCK', reply });
    const query = `query ($after: String) { page: deliveryEvents(after: $after) { nodes { reply { code text } } } }`;
    const { page } = await replica.ask(query, { after });
    assert.deepEqual((page as Page).nodes, [{ reply: { code: null, text: reply.text } }]);
  });

  it('brings what comes from now on, within a moment, and only what is asked for', async () => {
    const answers = replica.stream(subscription, { filter: { campaignId: 'mine', outcomes: ['ACCEPTED', 'BOUNCED'] } });
    const first = answers.next();
    await sleep(300);
    await write(0, 3, { campaignId: 'other' });
    await write(0, 1, { campaignId: 'mine', outcome: 'DEFERRED' });
    const began = performance.now();
    const ids = await write(0, 2, { campaignId: 'mine' });
    const { value } = await first;
    assert.ok(performance.now() - began < 1000);
    assert.deepEqual(idsOf([pageOf(value as StreamAnswer)]), ids);
    await answers.return();
  });

  it('replays from a cursor of a page and of an event in pages of 100, and goes on live without a gap or a double', async () => {
    const after = await cursorOfNow();
    const ids = [...(await write(0, 250)), ...(await write(2, 30))];
    const answers = replica.stream(subscription, { after });
    const replayed = take(answers, 280 + 20);
    await sleep(300);
    ids.push(...(await write(0, 10)), ...(await write(1, 10)));
    const pages = await replayed;
    assert.deepEqual(byLane(idsOf(pages)), byLane(ids));
    assert.ok(pages.every(({ nodes }) => nodes.length <= 100));
    const middle = pages.flatMap(({ nodes }) => nodes)[100]!;
    const rest = await take(replica.stream(subscription, { after: middle.cursor }), 199);
    assert.deepEqual(byLane(idsOf(rest)), byLane(ids.filter((id) => !idsOf(pages).slice(0, 101).includes(id))));
  });

  it('gives pages to who asks from time to time', async () => {
    let after = await cursorOfNow();
    const ids = [...(await write(0, 120)), ...(await write(1, 5))];
    const query = `query ($after: String) { page: deliveryEvents(after: $after, first: 50) { endCursor nodes { id } } }`;
    const seen: string[] = [];
    for (;;) {
      const page = (await replica.ask(query, { after }))['page'] as Page;
      assert.ok(page.nodes.length <= 50);
      if (page.endCursor === after) break;
      seen.push(...idsOf([page]));
      after = page.endCursor;
    }
    assert.deepEqual(byLane(seen), byLane(ids));
  });

  it('refuses a cursor that is none, and one whose events are not kept any more', async () => {
    for (const after of ['', 'nonsense', 'AQMAAA'])
      assert.equal(codeOf(await firstOf(replica.stream(subscription, { after }))), 'BAD_INPUT');
    const after = await cursorOfNow();
    await write(2, 5);
    const [bounds] = (await eventLog.bounds(topic)).slice(2);
    await eventLog.trim(topic, 2, bounds!.next - 1);
    assert.equal(codeOf(await firstOf(replica.stream(subscription, { after }))), 'CURSOR_EXPIRED');
    await eventLog.trim(topic, 2, bounds!.next);
    const kept = await cursorOfNow();
    const ids = await write(2, 1);
    assert.deepEqual(idsOf(await take(replica.stream(subscription, { after: kept }), 1)), ids);
  });

  it('tells the numbers of a server at once and when they change, and that there is no such server', async () => {
    await write(0, 1, { serverId: 'watched' });
    const query = `subscription ($id: ID!) { stats: serverStats(serverId: $id, window: ALL) { window accepted } }`;
    for (let tries = 0; tries < 100; tries += 1) {
      if (codeOf(await firstOf(replica.stream(query, { id: 'watched' }))) === undefined) break;
      await sleep(50);
    }
    const answers = Array.from({ length: 20 }, () => replica.stream(query, { id: 'watched' }));
    assert.deepEqual(new Set((await Promise.all(answers.map(valueOf))).map(acceptedOf)), new Set([1]));
    const next = answers.map(valueOf);
    await write(0, 4, { serverId: 'watched' });
    assert.deepEqual(new Set((await Promise.all(next)).map(acceptedOf)), new Set([5]));
    await Promise.all(answers.map((one) => one.return()));
    assert.equal(codeOf(await firstOf(replica.stream(query, { id: 'nobody' }))), 'NOT_FOUND');
  });

  it('loses and doubles nothing for who comes back with a cursor after stats was killed and began anew, three times', async () => {
    const probe = createServer().listen(0, '127.0.0.1');
    await once(probe, 'listening');
    const { port } = probe.address() as AddressInfo;
    probe.close();
    const start = (): ChildProcess =>
      spawn(process.execPath, [fileURLToPath(new URL('main.ts', import.meta.url))], {
        env: { ...process.env, ...envOf(fresh.url, lanes, port) },
        stdio: 'ignore',
      });
    let child = start();
    opened.defer(() => void child.kill('SIGKILL'));
    let after = await cursorOfNow();
    const before = written.length;
    const seen: string[] = [];
    let breaks = 0;
    const total = 3000;
    const listen = async (): Promise<void> => {
      while (seen.length < total)
        try {
          for await (const answer of streamAt(port, subscription, { after })) {
            const { nodes, endCursor } = pageOf(answer);
            seen.push(...nodes.map(({ id }) => id));
            after = endCursor;
            if (seen.length >= total) return;
          }
        } catch (error) {
          if (error instanceof assert.AssertionError && !error.message.includes('503')) throw error;
          breaks += 1;
          await sleep(50);
        }
    };
    const listening = listen();
    for (let n = 0; n < total; n += 10) {
      await write(n % lanes, 10);
      await sleep(5);
      if (n % 1000 !== 500) continue;
      child.kill('SIGKILL');
      await once(child, 'exit');
      child = start();
    }
    await listening;
    await sleep(300);
    assert.ok(breaks >= 3);
    assert.deepEqual(byLane(seen), byLane(written.slice(before)));
  });
});
