/**
 * bench failover: a server of the pool breaks in the middle of a campaign, and later comes back. How long does anybody still try it, how
 * many messages does that cost, how long does the campaign stand still, and when does the server get mail again?
 */
import { mkdirSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { once } from 'node:events';
import { join } from 'node:path';
import { sleep } from '@sendpool/kernel';
import { table } from '../../apps/standalone/demo/print.ts';
import { demoServers } from '../../apps/standalone/demo/servers.ts';
import { readReceived, startSinks, type RunningSink } from '../../apps/standalone/demo/sinks.ts';
import type { Shape } from '../../apps/standalone/src/shape.ts';
import { command, endStage, hasSent, isFinished, setStage, waitUntil, type Stage } from '../e2e/stage.ts';
import { eventsOf, openSource } from '../faults/collect.ts';

/** REFUSED: nobody listens. SILENT: it takes connections and says nothing, until the greeting is given up after 10 s. */
const breakages = ['REFUSED', 'SILENT'] as const;
type Breakage = (typeof breakages)[number];

type FailoverCost = {
  readonly breakage: Breakage;
  /** Seconds after the breakage until the last message had failed there. */
  readonly lastFailureAfter: number;
  /** Messages that had failed there and moved on. */
  readonly moved: number;
  /** Longest time without a mail at the other servers, seconds. */
  readonly longestPause: number;
  /** Seconds from its return to its next mail. */
  readonly backAfter: number;
  readonly accepted: number;
  readonly received: number;
};

export type FailoverReport = { readonly shape: Shape; readonly costs: readonly FailoverCost[]; readonly good: boolean };

/** How long the server is away. */
const awayMs = 20_000;
/** Messages a second over all three servers, so that a campaign lasts long enough. */
const perSecond = 600;

const listenSilently = async (port: number): Promise<Server> => {
  const server = createServer((socket) => socket.on('error', () => undefined));
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  return server;
};

/** Takes the server away and brings it back; when both happened. */
const breakFor = async (sink: RunningSink, breakage: Breakage): Promise<{ brokenAt: number; backAt: number }> => {
  await sink.kill();
  const brokenAt = Date.now();
  const silent = breakage === 'SILENT' ? await listenSilently(sink.port) : undefined;
  await sleep(awayMs);
  silent?.close();
  silent?.unref();
  await sleep(silent === undefined ? 0 : 100);
  await sink.start();
  return { brokenAt, backAt: Date.now() };
};

const longestGap = (times: readonly number[]): number =>
  times.slice(1).reduce((most, at, index) => Math.max(most, at - times[index]!), 0);

const failuresAt = async (stage: Stage, serverId: string): Promise<{ at: number }[]> => {
  const source = await openSource(stage.system);
  const events = await eventsOf(source);
  await source.close();
  return events.flatMap((event) =>
    event.type === 'OUTCOME' && event.hops.some((hop) => hop.serverId === serverId) ? [{ at: event.at }] : [],
  );
};

const play = async (
  folder: string,
  sinks: readonly RunningSink[],
  run: { shape: Shape; breakage: Breakage; recipients: number },
): Promise<FailoverCost> => {
  const targets = sinks.map(({ server, port }) => ({
    name: server.name,
    port,
    weight: server.weight,
    messagesPerSecond: perSecond / sinks.length,
  }));
  const stage = await setStage({ targets, recipients: run.recipients, shape: run.shape });
  try {
    await command(stage, 'startCampaign');
    await waitUntil(stage, hasSent(0.1));
    const [broken] = sinks;
    const { brokenAt, backAt } = await breakFor(broken!, run.breakage);
    const { progress } = await waitUntil(stage, isFinished, { everyMs: 250, timeoutMs: 300_000 });
    const failures = await failuresAt(stage, stage.serverIds.get(broken!.server.name)!);
    const mails = readReceived(folder).sort((a, b) => a.at - b.at);
    const away = mails.filter(({ at }) => at >= brokenAt && at <= backAt).map(({ at }) => at);
    const again = mails.find(({ at, server }) => server === broken!.server.name && at >= backAt)?.at ?? Infinity;
    return {
      breakage: run.breakage,
      lastFailureAfter:
        (Math.max(brokenAt, ...failures.filter(({ at }) => at < backAt).map(({ at }) => at)) - brokenAt) / 1000,
      moved: failures.length,
      longestPause: longestGap(away) / 1000,
      backAfter: (again - backAt) / 1000,
      accepted: progress.accepted,
      received: mails.length,
    };
  } finally {
    await endStage(stage);
  }
};

const measure = async (
  folder: string,
  run: { shape: Shape; breakage: Breakage; recipients: number },
): Promise<FailoverCost> => {
  const mails = join(folder, run.breakage);
  mkdirSync(mails);
  const sinks = await startSinks(mails, demoServers, { fast: true });
  try {
    return await play(mails, sinks, run);
  } finally {
    for (const sink of sinks) await sink.kill();
  }
};

const print = (costs: readonly FailoverCost[]): void =>
  table(
    ['server', 'last try after', 'messages that moved on', 'longest pause', 'mail again after', 'accepted / received'],
    costs.map((cost) => [
      cost.breakage,
      `${cost.lastFailureAfter.toFixed(2)} s`,
      String(cost.moved),
      `${cost.longestPause.toFixed(2)} s`,
      `${cost.backAfter.toFixed(1)} s`,
      `${cost.accepted} / ${cost.received}`,
    ]),
  );

/** `good`: every message arrived once, in both cases. */
export const benchFailover = async (folder: string, shape: Shape, recipients: number): Promise<FailoverReport> => {
  const costs: FailoverCost[] = [];
  for (const breakage of breakages) costs.push(await measure(folder, { shape, breakage, recipients }));
  print(costs);
  const good = costs.every(({ accepted, received }) => accepted === recipients && received === recipients);
  return { shape, costs, good };
};
