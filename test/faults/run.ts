/** One run: a system, its mail servers, a load, and the faults of a plan; ends with the evidence in a folder. */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { laneLimits } from '@sendpool/contracts';
import { createApi, type Api } from '../../apps/standalone/demo/api.ts';
import { detail } from '../../apps/standalone/demo/print.ts';
import { clusterShape } from '../../apps/standalone/src/shape.ts';
import { startSystem, type System } from '../../apps/standalone/src/system.ts';
import { addPool, addServer } from '../e2e/stage.ts';
import {
  countersOf,
  eventsOf,
  openSource,
  quietLanes,
  recipientsOf,
  recount,
  wordsOf,
  type Source,
} from './collect.ts';
import { writeEvidence, type Ending, type Run, type Struck } from './evidence.ts';
import { carryOutPlan, unreadyAfter } from './inject.ts';
import { createLoad, insist, type Load } from './load.ts';
import type { Options } from './options.ts';
import { makePlan, type Fault, type Fleet } from './plan.ts';
import { startMailServers, type MailServer } from './servers.ts';

const sessionMs = 10_000;
const afterDotSeconds = 8;
const retrySeconds = [1, 2, 4, 8];
const retryMostSeconds = 240;
const mostUnknowns = 3;

/** Minutes become seconds; the code is the same. */
const shortDelays = {
  RETRY_DELAYS_SECONDS: retrySeconds.join(','),
  RETRY_MAX_AGE_SECONDS: String(retryMostSeconds),
  AFTER_DOT_TIMEOUT_SECONDS: String(afterDotSeconds),
  UNKNOWN_MARGIN_SECONDS: '2',
  BREAKER_BASE_SECONDS: '0.5',
  SLOW_START_SECONDS: '2',
};
const mostTries = mostUnknowns + retrySeconds.length + Math.ceil(retryMostSeconds / retrySeconds.at(-1)!);

const readyTimeoutMs = 120_000;
const quietTimeoutMs = 45_000;
/** A doubt under RESEND waits for its grace, up to three times; the rest is work. */
const settleTimeoutMs = 120_000;

const fleetOf = ({ log }: Options): Fleet => ({
  ...clusterShape.replicas,
  broker: log === 'KAFKA' ? 1 : 0,
  postgres: 1,
});

export const planOf = (options: Options): Fault[] =>
  makePlan({ ...options, lengthMs: options.minutes * 60_000, fleet: fleetOf(options), sessionMs });

const plantNote = (folder: string): string => join(folder, 'planted');

const environmentOf = ({ plant }: Options, folder: string): Record<string, string> => {
  if (plant === undefined) return shortDelays;
  const hook = fileURLToPath(new URL('plant-hook.ts', import.meta.url));
  const options = `--disable-warning=ExperimentalWarning --import=${hook}`;
  return { ...shortDelays, NODE_OPTIONS: options, FAULTS_PLANT: plant, FAULTS_PLANTED: plantNote(folder) };
};

type Site = {
  readonly options: Options;
  readonly folder: string;
  readonly system: System;
  readonly api: Api;
  readonly servers: readonly MailServer[];
  readonly serverIds: ReadonlyMap<string, string>;
  readonly poolId: string;
  readonly endings: Ending[];
};

const apiOf = (system: System): Api => {
  let turn = 0;
  return createApi(() => system.gatewayUrls[turn++ % system.gatewayUrls.length]!, system.firstAdminKey!);
};

const openSite = async (options: Options, folder: string, servers: readonly MailServer[]): Promise<Site> => {
  Object.assign(process.env, environmentOf(options, folder));
  const endings: Ending[] = [];
  const system = await startSystem({
    dataFolder: join(folder, 'data'),
    shape: { ...clusterShape, eventLog: options.log },
    gatewayPort: 0,
    logLevel: 'info',
    onRestart: (name, reason) => endings.push({ name, reason, at: Date.now() }),
  });
  const api = apiOf(system);
  const targets = servers.map(({ name, port, weight }) => ({ name, port, weight }));
  const serverIds = new Map<string, string>();
  for (const target of targets) serverIds.set(target.name, await insist(() => addServer(api, target)));
  const poolId = await addPool(api, targets, serverIds);
  return { options, folder, system, api, servers, serverIds, poolId, endings };
};

const wordOf = ({ fault, kind, target, forMs, skipped }: Struck): string => {
  const length = forMs === 0 ? '' : ` for ${(forMs / 1000).toFixed(1)} s`;
  return `${fault} ${target} (${kind})${length}${skipped === undefined ? '' : `: skipped, ${skipped}`}`;
};

const strikeAll = (site: Site, began: number): Promise<Struck[]> => {
  const { system, folder, endings, options } = site;
  const onFault = (struck: Struck): void =>
    detail(`${((struck.at - began) / 1000).toFixed(1).padStart(6)} s  ${wordOf(struck)}`);
  return carryOutPlan({ system, dataFolder: join(folder, 'data'), endings, onFault }, planOf(options));
};

type Outcome = { readonly faults: readonly Struck[]; readonly unready: readonly string[] };

/** The load goes on while the faults of the plan happen, and comes to its end afterwards. */
const strikeUnderLoad = async (site: Site, load: Load, began: number): Promise<Outcome> => {
  let isOver = false;
  const striking = strikeAll(site, began).finally(() => {
    isOver = true;
  });
  const [faults] = await Promise.all([striking, load.run(() => isOver)]);
  const unready = await unreadyAfter(join(site.folder, 'data'), readyTimeoutMs);
  detail(unready.length === 0 ? 'everything is up again' : `NOT ready: ${unready.join(', ')}`);
  const hasEnded = await load.settle(settleTimeoutMs);
  detail(hasEnded ? 'every campaign has come to its end' : 'some campaigns do NOT come to their end');
  return { faults, unready };
};

const commitOf = (): string => {
  try {
    return execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8', stdio: 'pipe' }).trim();
  } catch {
    return 'unknown';
  }
};

type Seen = Pick<Run, 'began' | 'ended' | 'unready'>;

const runFacts = async (site: Site, source: Source, load: Load): Promise<Omit<Run, keyof Seen>> => {
  const { options, servers, serverIds, api, system, endings } = site;
  return {
    seed: options.seed,
    scenario: options.scenario,
    policy: options.policy,
    log: options.log,
    plant: options.plant ?? null,
    commit: commitOf(),
    sessionMs,
    afterDotMs: afterDotSeconds * 1000,
    startedPerLane: laneLimits.started,
    mostTries,
    servers: servers.map(({ name }) => ({ id: serverIds.get(name)!, name })),
    lanes: await quietLanes(source, quietTimeoutMs),
    campaigns: await wordsOf(api, load.campaigns),
    counters: await countersOf(source, load.campaigns),
    endings,
    recount: recount(system),
  };
};

const collect = async (site: Site, load: Load, faults: readonly Struck[], seen: Seen): Promise<void> => {
  const source = await openSource(site.system);
  try {
    const run = { ...(await runFacts(site, source, load)), ...seen };
    const recipients = await recipientsOf(source, load.campaigns);
    writeEvidence(site.folder, { run, faults, recipients, events: await eventsOf(source) });
  } finally {
    await source.close();
  }
};

const work = async (site: Site): Promise<void> => {
  const { api, poolId, options } = site;
  const load = await createLoad({ api, poolId, seed: options.seed, size: options.recipients, policy: options.policy });
  const began = Date.now();
  const { faults, unready } = await strikeUnderLoad(site, load, began);
  await collect(site, load, faults, { began, ended: Date.now(), unready });
};

const checkPlanted = ({ plant }: Options, folder: string): void => {
  if (plant === undefined) return;
  if (!existsSync(plantNote(folder))) throw new Error(`no process loaded the planted bug ${plant}`);
  const processes = new Set(readFileSync(plantNote(folder), 'utf8').trim().split('\n'));
  detail(`the planted bug ${plant} was loaded ${processes.size} times`);
};

/** Leaves the evidence in `folder`. Throws when the run itself does not work; what it found is for verify to say. */
export const runFaults = async (
  options: Options,
  folder: string,
  onSystem: (system: System) => void,
): Promise<void> => {
  const servers = await startMailServers(folder, options.seed);
  let site: Site | undefined;
  try {
    site = await openSite(options, folder, servers);
    onSystem(site.system);
    await work(site);
  } finally {
    await site?.system.stop(20_000);
    for (const server of servers) await server.stop();
  }
  checkPlanted(options, folder);
};
