/**
 * bench live: many open subscriptions to delivery events. From just before an event is appended to the log until a client process has it,
 * by one clock; whether each came once; and what that costs gateway and stats in CPU and memory.
 */
import { join } from 'node:path';
import { deliveryEventsTopic } from '@sendpool/contracts';
import { createEventLog } from '@sendpool/event-log';
import { newId, sleep } from '@sendpool/kernel';
import { signRequest } from '@sendpool/service';
import { openSecrets } from '../../apps/standalone/src/secrets.ts';
import { replicaNames, type Shape } from '../../apps/standalone/src/shape.ts';
import { cpuOf, cpuOfTree } from './cpu.ts';
import { startClients, type Clients } from './live-clients.ts';
import { startSource, type Source } from './live-source.ts';
import { quantile, type ClientReport, type Subscription, type Transport } from './live-words.ts';
import { liveGoals, type Delay, type LiveOptions, type LiveReport, type Memory } from './live-report.ts';
import { residentMb } from './memory.ts';
import { printLive } from './print-live.ts';
import { withSystem, type Bench } from './run-system.ts';

const perSecond = 100;
/** One in so many subscriptions is by server-sent events. */
const sseEvery = 10;
/** Until stats holds as many events as it ever will, at the default rate. */
const settleMs = 25_000;
const [lookMs, tailMs] = [500, 2000];
/** For all subscriptions to be there. */
const joinSeconds = 60;

const query =
  'subscription ($filter: DeliveryEventFilter) { page: deliveryEvents(filter: $filter) { endCursor nodes { id at outcome recipientNumber provider latencyMs } } }';

const pathOf: Record<Transport, string> = { WEBSOCKET: '/graphql', SSE: '/graphql', DIRECT: '/graphql/stream' };

type Wiring = Bench & { shape: Shape; secret: string; source: Source };

/** The processes of a service take turns. */
const portOf = ({ processes, shape }: Wiring, service: 'gateway' | 'stats', turn: number): number => {
  const names = replicaNames(service, shape);
  return processes[names[turn % names.length]!]!.port;
};

const subscriptionOf = (
  wiring: Wiring,
  transport: Transport,
  { filter, turn }: { filter: number; turn: number },
): Subscription => {
  const { system, secret, source } = wiring;
  const body = JSON.stringify({ query, variables: { filter: { campaignId: source.campaignIds[filter] } } });
  const target = `POST ${pathOf[transport]}`;
  const actor = { keyId: 'bench', role: 'READER', requestId: newId() } as const;
  const headers =
    transport === 'DIRECT'
      ? signRequest({ target, body: Buffer.from(body), actor }, secret)
      : { authorization: `Bearer ${system.firstAdminKey}` };
  const port = portOf(wiring, transport === 'DIRECT' ? 'stats' : 'gateway', turn);
  const scheme = transport === 'WEBSOCKET' ? 'ws' : 'http';
  return { transport, filter, url: `${scheme}://127.0.0.1:${port}${pathOf[transport]}`, headers, body };
};

/** And one of each filter to stats itself, to compare with. */
const subscriptionsOf = (wiring: Wiring, { subscribers, filters }: LiveOptions): Subscription[] => [
  ...Array.from({ length: filters }, (_, filter) => subscriptionOf(wiring, 'DIRECT', { filter, turn: filter })),
  ...Array.from({ length: subscribers }, (_, number) =>
    subscriptionOf(wiring, number % sseEvery === 0 ? 'SSE' : 'WEBSOCKET', {
      filter: Math.floor(number / sseEvery) % filters,
      turn: Math.floor(number / (sseEvery * filters)),
    }),
  ),
];

type Meter = { at: number; cpu: Record<string, number> };

const readMeter = ({ processes }: Bench, clients: Clients): Meter => {
  const services = Object.entries(processes).filter(([name]) => name !== 'standalone');
  const cpu = services.map(([name, { pid }]) => [name, name === 'postgres' ? cpuOfTree(pid) : cpuOf(pid)] as const);
  const clientCpu = clients.pids.reduce((sum, pid) => sum + cpuOf(pid), 0);
  const bench = process.cpuUsage();
  return {
    at: performance.now(),
    cpu: {
      ...Object.fromEntries(cpu),
      'clients (2)': clientCpu,
      'bench, which appends': (bench.user + bench.system) / 1e6,
    },
  };
};

const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1]!;

const thirdsOf = (values: readonly number[]): Memory => {
  const third = Math.max(1, Math.floor(values.length / 3));
  return { first: median(values.slice(0, third)), last: median(values.slice(-third)) };
};

/** Looks at the memory of gateways and stats for so long. */
const watchMemory = async ({ processes, shape }: Wiring, seconds: number): Promise<Record<string, Memory>> => {
  const watched = (['gateway', 'stats'] as const).flatMap((service) => replicaNames(service, shape));
  const looks: Record<string, number[]> = Object.fromEntries(watched.map((name) => [name, []]));
  for (const end = performance.now() + seconds * 1000; performance.now() < end; await sleep(lookMs))
    for (const name of watched) looks[name]!.push(residentMb(processes[name]!.pid));
  return Object.fromEntries(watched.map((name) => [name, thirdsOf(looks[name]!)]));
};

const delayOf = (delays: readonly number[]): Delay => ({
  p50: quantile(delays, 0.5),
  p99: quantile(delays, 0.99),
  most: quantile(delays, 1),
});

const isGood = ({ delays, missing, doubled, memory }: Omit<LiveReport, 'good'>): boolean =>
  [delays.WEBSOCKET, delays.SSE].every(({ p99 }) => p99 <= liveGoals.p99) &&
  missing + doubled === 0 &&
  Object.values(memory).every(({ first, last }) => last - first <= liveGoals.growthMb);

type Measured = { before: Meter; after: Meter; memory: Record<string, Memory>; events: number; report: ClientReport };

const play = async (wiring: Wiring, clients: Clients, options: LiveOptions): Promise<Measured> => {
  const { source } = wiring;
  const most = perSecond * (joinSeconds + options.seconds + settleMs / 1000 + 30);
  const late = sleep(joinSeconds * 1000).then(() => Promise.reject(new Error('not every subscription got an event')));
  await Promise.race([clients.open(subscriptionsOf(wiring, options), most), late]);
  late.catch(() => undefined);
  await sleep(settleMs);
  clients.measure(Date.now());
  source.appends.length = 0;
  const [from, before] = [source.next(), readMeter(wiring, clients)];
  const memory = await Promise.race([watchMemory(wiring, options.seconds), clients.failure]);
  const after = readMeter(wiring, clients);
  await source.stop();
  await sleep(tailMs);
  const to = source.next();
  const events = to.reduce((sum, next, index) => sum + next - from[index]!, 0);
  return { before, after, memory, events, report: await clients.report(from, to) };
};

const reportOf = (options: LiveOptions, { before, after, memory, events, report }: Measured, appends: number[]) => {
  const { delays, messages, missing, doubled } = report;
  const seconds = (after.at - before.at) / 1000;
  const sorted = appends.toSorted((a, b) => a - b);
  const append = { p50: sorted[sorted.length >> 1]!, p99: sorted[Math.floor(sorted.length * 0.99)]! };
  const cpu = Object.fromEntries(
    Object.entries(after.cpu).map(([name, value]) => [name, (value - before.cpu[name]!) / seconds]),
  );
  const whole = {
    ...options,
    eventsPerSecond: events / seconds,
    messagesPerSecond: messages / seconds,
    deliveries: [...delays.WEBSOCKET, ...delays.SSE].reduce((sum, count) => sum + count, 0),
    missing,
    doubled,
    append,
    cpu,
    memory,
    delays: { WEBSOCKET: delayOf(delays.WEBSOCKET), SSE: delayOf(delays.SSE), DIRECT: delayOf(delays.DIRECT) },
  };
  return { ...whole, good: isGood(whole) };
};

const measure = async (bench: Bench, folder: string, options: LiveOptions): Promise<LiveReport> => {
  const secret = openSecrets(join(folder, 'data')).secrets.internalSecret;
  const eventLog = await createEventLog({ url: bench.system.eventLogUrl, applicationName: 'sendpool bench' });
  const lanes = (await eventLog.bounds(deliveryEventsTopic.name)).length;
  const source = startSource(eventLog, lanes, options.filters, perSecond);
  const clients = startClients();
  try {
    return reportOf(
      options,
      await play({ ...bench, shape: options.shape, secret, source }, clients, options),
      source.appends,
    );
  } finally {
    clients.stop();
    await source.stop();
    await eventLog.close();
  }
};

/** On a fresh system. Throws when a stream ends. */
export const benchLive = (folder: string, options: LiveOptions): Promise<LiveReport> =>
  withSystem(
    folder,
    async (bench) => {
      const report = await measure(bench, folder, options);
      printLive(report);
      return report;
    },
    options.shape,
  );
