/** A whole system with SMTP servers of its own, ready for a campaign: what every end-to-end test and bench begins with. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sleep } from '@sendpool/kernel';
import { createApi, type Api } from '../../apps/standalone/demo/api.ts';
import { makeAudience } from '../../apps/standalone/demo/audience.ts';
import { demoContent } from '../../apps/standalone/demo/content.ts';
import { onSignal } from '../../apps/standalone/demo/on-signal.ts';
import { fromDomain } from '../../apps/standalone/demo/servers.ts';
import type { Progress } from '../../apps/standalone/demo/types.ts';
import { singleShape, type Shape } from '../../apps/standalone/src/shape.ts';
import { startSystem, type System } from '../../apps/standalone/src/system.ts';

/** How a sending server is reached; weights make the pool. */
export type Target = {
  name: string;
  port: number;
  weight: number;
  ca?: string | undefined;
  login?: { username: string; password: string } | undefined;
  maxConnections?: number;
  messagesPerSecond?: number;
};

export type StageOptions = {
  targets: readonly Target[];
  recipients: number;
  unknownPolicy?: 'HOLD' | 'RESEND';
  /** Variables for the services, as in RETRY_DELAYS_SECONDS. */
  env?: Record<string, string>;
  /** Default: one process of each service, the event log in PostgreSQL. */
  shape?: Shape;
  /** Starts the system where the stage does not do it by itself. */
  open?: (folder: string) => Promise<System>;
};

export type Stage = {
  api: Api;
  folder: string;
  shape: Shape;
  /** Changes when the system is started again. */
  system: System;
  addresses: string[];
  campaignId: string;
  poolId: string;
  serverIds: ReadonlyMap<string, string>;
};

const refusable = (name: string, fields: string): string =>
  `... on ${name} { ${fields} } ... on Refused { errors { message path } }`;

export const addServer = async (api: Api, target: Target): Promise<string> => {
  const { createSendingServer } = await api.run<{ createSendingServer: { server: { id: string } } }>(
    `mutation ($input: CreateSendingServerInput!) { createSendingServer(input: $input) { ${refusable('SendingServerPayload', 'server { id }')} } }`,
    {
      input: {
        name: target.name,
        host: '127.0.0.1',
        port: target.port,
        tls: target.ca === undefined ? 'NONE' : 'REQUIRED',
        caCertificate: target.ca,
        ...target.login,
        fromDomains: [fromDomain],
        limits: { maxConnections: target.maxConnections ?? 10, messagesPerSecond: target.messagesPerSecond },
      },
    },
  );
  const { id } = createSendingServer.server;
  const { verifySendingServer } = await api.run<{
    verifySendingServer: { server: { verification: { status: string; message: string | null } } };
  }>(
    `mutation ($input: VerifySendingServerInput!) { verifySendingServer(input: $input) { ${refusable('SendingServerPayload', 'server { verification { status message } }')} } }`,
    { input: { id } },
  );
  const { verification } = verifySendingServer.server;
  if (verification.status !== 'PASSED') throw new Error(`${target.name} is not verified: ${verification.message}`);
  return id;
};

export const addPool = async (
  api: Api,
  targets: readonly Target[],
  serverIds: ReadonlyMap<string, string>,
  name = 'pool',
): Promise<string> => {
  const members = targets.map(({ name, weight }) => ({ serverId: serverIds.get(name), weight }));
  const { createPool } = await api.run<{ createPool: { pool: { id: string } } }>(
    `mutation ($input: CreatePoolInput!) { createPool(input: $input) { ${refusable('PoolPayload', 'pool { id }')} } }`,
    { input: { name, members } },
  );
  return createPool.pool.id;
};

export const addAudience = async (api: Api, name: string, csv: string): Promise<string> => {
  const { createAudience } = await api.run<{ createAudience: { audience: { id: string } } }>(
    `mutation ($input: CreateAudienceInput!) { createAudience(input: $input) { ${refusable('AudiencePayload', 'audience { id }')} } }`,
    { input: { name } },
  );
  await api.uploadContacts(createAudience.audience.id, csv);
  return createAudience.audience.id;
};

export const addCampaign = async (api: Api, input: Record<string, unknown>): Promise<string> => {
  const { createCampaign } = await api.run<{ createCampaign: { campaign: { id: string } } }>(
    `mutation ($input: CreateCampaignInput!) { createCampaign(input: $input) { ${refusable('CampaignPayload', 'campaign { id }')} } }`,
    {
      input: {
        name: 'campaign',
        from: { name: 'Travel news', address: `offers@${fromDomain}` },
        ...demoContent,
        ...input,
      },
    },
  );
  return createCampaign.campaign.id;
};

/** The system of each stage, also while it starts: a signal stops it. */
const openings = new Map<string, { start: AbortController; system: Promise<System> }>();

const openSystem = (folder: string, shape: Shape, open?: StageOptions['open']): Promise<System> => {
  const start = new AbortController();
  const system =
    open?.(folder) ??
    startSystem({
      dataFolder: join(folder, 'data'),
      shape,
      gatewayPort: 0,
      logLevel: 'info',
      onRestart: () => undefined,
      signal: start.signal,
    });
  openings.set(folder, { start, system });
  return system;
};

const stopSystem = async (folder: string): Promise<void> => {
  const opening = openings.get(folder);
  opening?.start.abort();
  const system = await opening?.system.catch(() => undefined);
  await system?.stop(10_000);
  rmSync(folder, { recursive: true, force: true });
};

/** Everything up to a DRAFT campaign. Throws when a step is refused. */
export const setStage = async (options: StageOptions): Promise<Stage> => {
  Object.assign(process.env, options.env);
  const folder = mkdtempSync(join(tmpdir(), 'sendpool-stage-'));
  const shape = options.shape ?? singleShape;
  onSignal(() => stopSystem(folder));
  const system = await openSystem(folder, shape, options.open);
  const api = createApi(() => stage.system.gatewayUrl, system.firstAdminKey!);
  const stage = { api, folder, shape, system } as Stage;
  const serverIds = new Map<string, string>();
  for (const target of options.targets) serverIds.set(target.name, await addServer(api, target));
  const poolId = await addPool(api, options.targets, serverIds);
  const { csv, addresses } = makeAudience(options.recipients);
  const audienceId = await addAudience(api, 'audience', csv);
  const campaignId = await addCampaign(api, {
    audienceId,
    sendingSettings: { poolId, unknownPolicy: options.unknownPolicy ?? 'HOLD' },
  });
  return Object.assign(stage, { addresses, campaignId, poolId, serverIds });
};

export const endStage = async (stage: Stage): Promise<void> => {
  await stage.system.stop(15_000);
  rmSync(stage.folder, { recursive: true, force: true });
};

/** Stops the whole system and starts it again on the same data. */
export const restartSystem = async (stage: Stage): Promise<void> => {
  await stage.system.stop(20_000);
  stage.system = await openSystem(stage.folder, stage.shape);
};

export type Command = 'startCampaign' | 'pauseCampaign' | 'resumeCampaign' | 'cancelCampaign';

export const command = async (stage: Stage, name: Command, id = stage.campaignId): Promise<void> => {
  const type = `${name[0]!.toUpperCase()}${name.slice(1)}Input`;
  await stage.api.run(
    `mutation ($input: ${type}!) { ${name}(input: $input) { ${refusable('CampaignPayload', 'campaign { status }')} } }`,
    { input: { id } },
  );
};

export type Look = { status: string; progress: Progress };

/** Status and progress; a gateway that is away for a moment is asked again. */
const look = async (stage: Stage, id = stage.campaignId): Promise<Look> => {
  for (let attempt = 0; ; attempt++) {
    try {
      const { campaign } = await stage.api.run<{ campaign: Look }>(
        'query ($id: ID!) { campaign(id: $id) { status progress { total pending inFlight accepted deferred bounced unknown expired cancelled deferredThenAccepted done waitingFor } } }',
        { id },
      );
      if (campaign !== null) return campaign;
      throw new Error('the scheduler is away');
    } catch (error) {
      if (attempt > 150) throw error;
      await sleep(100);
    }
  }
};

/** Waits until `holds` says so. Throws with the last look after `timeoutMs`. */
export const waitUntil = async (
  stage: Stage,
  holds: (look: Look) => boolean,
  { timeoutMs = 120_000, everyMs = 50 } = {},
): Promise<Look> => {
  const end = Date.now() + timeoutMs;
  for (;;) {
    const now = await look(stage);
    if (holds(now)) return now;
    if (Date.now() > end) throw new Error(`it did not come to that: ${JSON.stringify(now)}`);
    await sleep(everyMs);
  }
};

export const isFinished = ({ status }: Look): boolean => status === 'FINISHED';
export const hasSent =
  (share: number) =>
  (now: Look): boolean =>
    now.progress.total > 0 && now.progress.accepted + now.progress.unknown >= share * now.progress.total;

/** By the name of the process; one that is down at this moment is missing. */
type ProcessTable = Readonly<Record<string, { pid: number; port: number }>>;
export const processesOf = (stage: Stage): ProcessTable =>
  JSON.parse(readFileSync(join(stage.folder, 'data', 'processes.json'), 'utf8')) as ProcessTable;
