/** Changes while three senders send: Inactive, new credentials, pause. Whoever asked for it, no sender begins a conversation against it a second later. */
import assert from 'node:assert/strict';
import { after, before, describe, it, type TestContext } from 'node:test';
import { sleep } from '@sendpool/kernel';
import { clusterOf, lastAfter, startWatchedSink, type WatchedSink } from './cluster-scene.ts';
import { command, endStage, hasSent, setStage, waitUntil, type Stage } from './stage.ts';

const login = { username: 'user', password: 'before' };
const limitMs = 1000;
/** Every sender has connections to both. */
const maxConnections = 12;
const recipients = 30_000;

const serverMutation = (name: string, input: string): string =>
  `mutation ($input: ${input}!) { ${name}(input: $input) { ... on Refused { errors { message path } } } }`;

/** Resolves with the milliseconds from `since` to the next conversation there. */
const untilConversation = async ({ conversations }: WatchedSink, since: number): Promise<number> => {
  for (let tries = 0; tries < 1000; tries++) {
    const next = conversations.find(({ at }) => at > since);
    if (next !== undefined) return next.at - since;
    await sleep(20);
  }
  throw new Error('no conversation began in 20 seconds');
};

const busyIn = ({ conversations }: WatchedSink, from: number, to: number): number =>
  conversations.filter(({ at }) => at > from && at <= to).length;

const check = (t: TestContext, what: string, lastMs: number): void => {
  t.diagnostic(`${what}: the last conversation began ${lastMs} ms after the answer`);
  assert.ok(lastMs < limitMs, `${lastMs} ms`);
};

/** All senders have connections there, and mail flows. */
const untilAllSend = async (watched: WatchedSink): Promise<void> => {
  for (let tries = 0; watched.sink.connections < maxConnections; tries++) {
    assert.ok(tries < 1000, `${watched.sink.connections} connections`);
    await sleep(20);
  }
  await untilConversation(watched, Date.now());
};

describe('changes in a cluster', () => {
  let sinks: [WatchedSink, WatchedSink];
  let stage: Stage;

  before(async () => {
    const options = { tls: 'STARTTLS' as const, auth: login, delayMs: 40, keepReceived: false };
    sinks = [await startWatchedSink(options), await startWatchedSink(options)];
    const targets = sinks.map(({ sink: { port, certificate } }, index) => ({
      name: `server-${index}`,
      port,
      weight: 1,
      ca: certificate!.ca,
      login,
      maxConnections,
    }));
    stage = await setStage({
      targets,
      recipients,
      shape: clusterOf({ scheduler: 2, sender: 3, stats: 2, gateway: 2 }),
    });
    await command(stage, 'startCampaign');
    await waitUntil(stage, hasSent(0.01));
  });

  after(async () => {
    await endStage(stage);
    for (const { sink } of sinks) await sink.stop();
  });

  const change = async (verb: string, fields: object = {}): Promise<number> => {
    const [name, input] = [`${verb}SendingServer`, `${verb[0]!.toUpperCase()}${verb.slice(1)}SendingServerInput`];
    await stage.api.run(serverMutation(name, input), { input: { id: stage.serverIds.get('server-0'), ...fields } });
    return Date.now();
  };

  it('Inactive: no conversation begins there a second later, the other server goes on, and Active brings it back', async (t) => {
    const [first, second] = sinks;
    await untilAllSend(first);
    const answered = await change('deactivate');
    await sleep(2500);
    check(t, 'Inactive', lastAfter(first.conversations, answered));
    assert.ok(busyIn(second, answered + limitMs, answered + 2500) > 0);
    const back = await change('activate');
    t.diagnostic(`Active: the first conversation began ${await untilConversation(first, back)} ms after the answer`);
  });

  it('a new password: no conversation begins on a connection of the old one, and the new one is used once verified', async (t) => {
    const [first] = sinks;
    await untilAllSend(first);
    const password = 'after';
    const answered = await change('update', { password });
    first.sink.setAuth({ ...login, password });
    await sleep(1500);
    check(t, 'new password', lastAfter(first.conversations, answered));
    const verified = await change('verify');
    const firstMs = await untilConversation(first, verified - 1);
    t.diagnostic(`verified: the first conversation began ${firstMs} ms after the answer`);
    await untilAllSend(first);
    const since = first.conversations.filter(({ at }) => at > answered + limitMs);
    const old = since.filter(({ connection }) => (first.authenticated.get(connection) ?? 0) < answered);
    assert.deepEqual([old, since.length > 0], [[], true]);
  });

  it('pause: no conversation begins anywhere a second later; resume, asked of another gateway, goes on', async (t) => {
    const [first, second] = sinks;
    await untilAllSend(first);
    await command(stage, 'pauseCampaign');
    const answered = Date.now();
    await sleep(2500);
    const all = [...first.conversations, ...second.conversations];
    check(t, 'pause', lastAfter(all, answered));
    await command(stage, 'resumeCampaign');
    const resumed = Date.now();
    const firstMs = Math.min(...(await Promise.all(sinks.map((watched) => untilConversation(watched, resumed)))));
    t.diagnostic(`resume: the first conversation began ${firstMs} ms after the answer`);
    await command(stage, 'cancelCampaign');
  });
});
