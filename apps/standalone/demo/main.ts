/** npm run demo: the whole main job on this machine, step by step, with a server killed on the way; exit code 0 only if every promise was tried and held. */
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { messageOf } from '@sendpool/kernel';
import { checkWritable, readCommandLine, refuseCommandLine } from '@sendpool/service';
import { clusterShape, serviceNames, singleShape, type Shape } from '../src/shape.ts';
import { startSystem, type System } from '../src/system.ts';
import { createApi } from './api.ts';
import { makeAudience } from './audience.ts';
import { createClusterAct } from './cluster-act.ts';
import { onSignal, unlessEnding } from './on-signal.ts';
import { detail, red, step } from './print.ts';
import { printReport, printVerdict } from './print-report.ts';
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
  --keep          keep the data folder with its logs

Exit code: 0 every promise held, 1 one was broken, 3 all that were tried held, but the campaign was over before some could be.`;

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

/** As in "config, scheduler × 2". */
const inWords = ({ eventLog, replicas }: Shape): string => {
  const services = serviceNames.map((name) => (replicas[name] === 1 ? name : `${name} × ${replicas[name]}`));
  return ['PostgreSQL', ...(eventLog === 'KAFKA' ? ['Apache Kafka'] : []), ...services].join(', ');
};

const runDemo = async (folder: string, shape: Shape, recipients: number): Promise<DemoReport> => {
  step('Start three SMTP servers that demand TLS and AUTH');
  const startingSinks = startSinks(folder, demoServers);
  onSignal(async () => {
    for (const sink of await startingSinks) await sink.kill();
  });
  const sinks = await startingSinks;
  for (const { server, port } of sinks) detail(`${server.name} on 127.0.0.1:${port}`);
  step(`Start Sendpool: ${inWords(shape)}`);
  Object.assign(process.env, shortDelays);
  const began = performance.now();
  const dataFolder = join(folder, 'data');
  const start = new AbortController();
  const starting = startSystem({
    dataFolder,
    shape,
    gatewayPort: 0,
    logLevel: 'info',
    onRestart: (name, reason) => console.error(red(`   ${name} ended (${reason}) and is started again`)),
    signal: start.signal,
  });
  onSignal(async () => {
    start.abort();
    await starting.then(
      (system) => system.stop(10_000),
      () => undefined,
    );
  });
  const system = await starting;
  const seconds = ((performance.now() - began) / 1000).toFixed(1);
  detail(`GraphQL at ${system.gatewayUrls.map((url) => `${url}/graphql`).join(' and ')}, ready after ${seconds} s`);
  try {
    return await tell({ folder, dataFolder, sinks, system, shape }, recipients);
  } finally {
    await system.stop(15_000);
    for (const sink of sinks) await sink.kill();
  }
};

const { values } = readCommandLine({
  usage,
  options: {
    cluster: { type: 'boolean' },
    report: { type: 'string' },
    recipients: { type: 'string' },
    keep: { type: 'boolean' },
  },
});
const recipients = Number(values.recipients ?? 20_000);
if (!Number.isInteger(recipients) || recipients < 100)
  refuseCommandLine('--recipients takes a whole number from 100 on.', usage);
const folder = mkdtempSync(join(tmpdir(), 'sendpool-demo-'));
const leave = (): void =>
  values.keep === true ? console.log(`Data and logs: ${folder}`) : rmSync(folder, { recursive: true, force: true });
onSignal(leave);
try {
  if (values.report !== undefined) checkWritable(values.report);
  const report = await runDemo(folder, values.cluster === true ? clusterShape : singleShape, recipients);
  if (values.report !== undefined) writeFileSync(values.report, `${JSON.stringify(report, null, 2)}\n`);
  await unlessEnding();
  const exitCode = printVerdict(report);
  leave();
  process.exit(exitCode);
} catch (error) {
  await unlessEnding();
  console.error(`\n${red(`The demo failed: ${messageOf(error)}`)}`);
  if (readdirSync(folder).length === 0) rmSync(folder, { recursive: true });
  else console.error(`Data and logs: ${folder}`);
  process.exit(1);
}
