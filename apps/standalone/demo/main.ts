/** npm run demo: the whole main job on this machine, step by step, with a server killed on the way; exit code 0 only if every promise held. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { messageOf } from '@sendpool/kernel';
import { clusterShape, serviceNames, singleShape, type Shape } from '../src/shape.ts';
import { startSystem, type System } from '../src/system.ts';
import { createApi } from './api.ts';
import { makeAudience } from './audience.ts';
import { createClusterAct } from './cluster-act.ts';
import { detail, green, red, step } from './print.ts';
import { printReport } from './print-report.ts';
import { recountStatistics } from './recount.ts';
import { addressesIn, makeReport, settledStats, type DemoReport } from './report.ts';
import { demoServers } from './servers.ts';
import { addAudience, addCampaign, addPool, addServers } from './setup.ts';
import { readReceived, startSinks, type RunningSink } from './sinks.ts';
import { runCampaign } from './watch.ts';

const usage = `npm run demo [-- --cluster] [--report FILE] [--recipients N] [--keep]

  --cluster       on Apache Kafka and several processes of each service; a sender is added and one is killed on the way
  --report FILE   write the report as JSON
  --recipients N  size of the audience (default 20,000)
  --keep          keep the data folder with its logs`;

/** A user waits minutes between tries; the demo waits seconds. The code is the same. */
const shortDelays = {
  RETRY_DELAYS_SECONDS: '3,6,12',
  BREAKER_BASE_SECONDS: '0.3',
  SLOW_START_SECONDS: '2',
  AFTER_DOT_TIMEOUT_SECONDS: '5',
  UNKNOWN_MARGIN_SECONDS: '2',
};

const timeoutMs = 240_000;

type Stage = { folder: string; dataFolder: string; sinks: RunningSink[]; system: System; shape: Shape };

/** Each call goes to the next gateway: they share nothing, and no one should notice. */
const inTurn = ({ gatewayUrls }: System): (() => string) => {
  let turn = 0;
  return () => gatewayUrls[turn++ % gatewayUrls.length]!;
};

const tell = async ({ folder, dataFolder, sinks, system, shape }: Stage, recipients: number): Promise<DemoReport> => {
  const api = createApi(inTurn(system), system.firstAdminKey!);
  const serverIds = await addServers(api, sinks);
  const poolId = await addPool(api, sinks, serverIds);
  const audience = makeAudience(recipients);
  const audienceId = await addAudience(api, audience.csv, { good: recipients, broken: audience.brokenRows });
  const campaignId = await addCampaign(api, audienceId, poolId);
  const clusterAct = shape === clusterShape ? createClusterAct(system, dataFolder) : undefined;
  const moreEvents = clusterAct?.events ?? [];
  step('Start it, and let things happen');
  const watched = await runCampaign({ api, campaignId, poolId, serverIds, sinks, moreEvents, timeoutMs });
  const evidence = {
    watched,
    stats: await settledStats(api, campaignId),
    received: readReceived(folder),
    addresses: audience.addresses,
    bounced: await addressesIn(api, campaignId, 'BOUNCED'),
    unknown: await addressesIn(api, campaignId, 'UNKNOWN'),
    recount: recountStatistics(system),
    senderLoss: clusterAct?.result(watched.progress),
  };
  const report = makeReport(sinks, evidence);
  printReport(report, watched.samples);
  return report;
};

/** Ctrl-C while the demo runs: everything that it started stops with it. */
const stopOnSignal = (system: System): void => {
  const stop = (): void => void system.stop(10_000).then(() => process.exit(130));
  process.once('SIGINT', stop);
  process.once('SIGTERM', stop);
};

/** As in "config, scheduler × 2". */
const inWords = ({ eventLog, replicas }: Shape): string => {
  const services = serviceNames.map((name) => (replicas[name] === 1 ? name : `${name} × ${replicas[name]}`));
  return ['PostgreSQL', ...(eventLog === 'KAFKA' ? ['Apache Kafka'] : []), ...services].join(', ');
};

const runDemo = async (folder: string, shape: Shape, recipients: number): Promise<DemoReport> => {
  step('Start three SMTP servers that demand TLS and AUTH');
  const sinks = await startSinks(folder, demoServers);
  for (const { server, port } of sinks) detail(`${server.name} on 127.0.0.1:${port}`);
  step(`Start Sendpool: ${inWords(shape)}`);
  Object.assign(process.env, shortDelays);
  const began = performance.now();
  const dataFolder = join(folder, 'data');
  const system = await startSystem({
    dataFolder,
    shape,
    gatewayPort: 0,
    logLevel: 'info',
    onRestart: (name, reason) => console.error(red(`   ${name} ended (${reason}) and is started again`)),
  });
  stopOnSignal(system);
  const seconds = ((performance.now() - began) / 1000).toFixed(1);
  detail(`GraphQL at ${system.gatewayUrls.map((url) => `${url}/graphql`).join(' and ')}, ready after ${seconds} s`);
  try {
    return await tell({ folder, dataFolder, sinks, system, shape }, recipients);
  } finally {
    await system.stop(15_000);
    for (const sink of sinks) await sink.kill();
  }
};

const { values } = parseArgs({
  options: {
    cluster: { type: 'boolean' },
    report: { type: 'string' },
    recipients: { type: 'string' },
    keep: { type: 'boolean' },
    help: { type: 'boolean' },
  },
});
if (values.help === true) {
  console.log(usage);
  process.exit(0);
}
const recipients = Number(values.recipients ?? 20_000);
if (!Number.isInteger(recipients) || recipients < 100) {
  console.error(`--recipients takes a whole number from 100 on.\n\n${usage}`);
  process.exit(2);
}
const folder = mkdtempSync(join(tmpdir(), 'sendpool-demo-'));
try {
  const report = await runDemo(folder, values.cluster === true ? clusterShape : singleShape, recipients);
  if (values.report !== undefined) {
    mkdirSync(dirname(values.report), { recursive: true });
    writeFileSync(values.report, `${JSON.stringify(report, null, 2)}\n`);
  }
  const held = report.checks.every(({ holds }) => holds);
  console.log(`\n${held ? green('Every promise held.') : red('A promise was broken.')}`);
  if (values.keep !== true) rmSync(folder, { recursive: true, force: true });
  else console.log(`Data and logs: ${folder}`);
  process.exit(held ? 0 : 1);
} catch (error) {
  console.error(`\n${red(`The demo failed: ${messageOf(error)}`)}\nData and logs: ${folder}`);
  process.exit(1);
}
