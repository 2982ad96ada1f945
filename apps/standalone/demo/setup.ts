/** The steps before the start: servers, verification, pool, audience, campaign; all through the public API. */
import { sleep } from '@sendpool/kernel';
import type { Api } from './api.ts';
import { demoContent } from './content.ts';
import { detail, green, step, table, yellow } from './print.ts';
import { fromDomain } from './servers.ts';
import type { RunningSink } from './sinks.ts';

type Verification = { status: 'PASSED' | 'FAILED' | 'NEVER'; failedStage: string | null; message: string | null };
type ServerAnswer = { server: { id: string; name: string; verification: Verification } };

const serverFields =
  '... on SendingServerPayload { server { id name verification { status failedStage message } } } ... on Refused { errors { message path } }';
const createServer = `mutation ($input: CreateSendingServerInput!) { createSendingServer(input: $input) { ${serverFields} } }`;
const updateServer = `mutation ($input: UpdateSendingServerInput!) { updateSendingServer(input: $input) { ${serverFields} } }`;
const verifyServer = `mutation ($input: VerifySendingServerInput!) { verifySendingServer(input: $input) { ${serverFields} } }`;
const createPool =
  'mutation ($input: CreatePoolInput!) { createPool(input: $input) { ... on PoolPayload { pool { id members { server { name } weight role share } } } ... on Refused { errors { message path } } } }';
const createAudience =
  'mutation ($input: CreateAudienceInput!) { createAudience(input: $input) { ... on AudiencePayload { audience { id } } ... on Refused { errors { message path } } } }';
const createCampaign =
  'mutation ($input: CreateCampaignInput!) { createCampaign(input: $input) { ... on CampaignPayload { campaign { id status } } ... on Refused { errors { message path } } } }';

/** A server may be verified once in two seconds. */
const verifyPauseMs = 2_100;

const verify = async (api: Api, id: string): Promise<Verification> => {
  const { verifySendingServer } = await api.run<{ verifySendingServer: ServerAnswer }>(verifyServer, { input: { id } });
  return verifySendingServer.server.verification;
};

const say = (name: string, verification: Verification): void =>
  detail(
    verification.status === 'PASSED'
      ? `${name}: ${green('verified')} (connect, EHLO, STARTTLS, AUTH)`
      : `${name}: ${yellow('not verified')}: ${verification.message}`,
  );

/** Adds the servers, the first one with a wrong password at first, and verifies each. Returns name -> id. */
export const addServers = async (api: Api, sinks: readonly RunningSink[]): Promise<Map<string, string>> => {
  step('Add the sending servers and verify each');
  const ids = new Map<string, string>();
  for (const [index, sink] of sinks.entries()) {
    const { name, username, password } = sink.server;
    const input = {
      name,
      host: '127.0.0.1',
      port: sink.port,
      tls: 'REQUIRED',
      username,
      password: index === 0 ? 'a-wrong-password' : password,
      caCertificate: sink.ca,
      fromDomains: [fromDomain],
      limits: { maxConnections: 12 },
    };
    const { createSendingServer } = await api.run<{ createSendingServer: ServerAnswer }>(createServer, { input });
    const { id } = createSendingServer.server;
    ids.set(name, id);
    say(name, await verify(api, id));
    if (index !== 0) continue;
    await sleep(verifyPauseMs);
    await api.run(updateServer, { input: { id, password } });
    const second = await verify(api, id);
    say(`${name} with the right password`, second);
    if (second.status !== 'PASSED') throw new Error(`${name} could not be verified`);
  }
  return ids;
};

type Member = { server: { name: string }; weight: number; role: string | null; share: number };

export const addPool = async (
  api: Api,
  sinks: readonly RunningSink[],
  ids: ReadonlyMap<string, string>,
): Promise<string> => {
  step('Create the pool');
  const members = sinks.map(({ server }) => ({
    serverId: ids.get(server.name)!,
    weight: server.weight,
    role: server.role,
  }));
  const data = await api.run<{ createPool: { pool: { id: string; members: Member[] } } }>(createPool, {
    input: { name: 'Main pool', members },
  });
  table(
    ['server', 'weight', 'role', 'share'],
    data.createPool.pool.members.map((member) => [
      member.server.name,
      String(member.weight),
      member.role ?? '',
      `${(member.share * 100).toFixed(1)} %`,
    ]),
  );
  return data.createPool.pool.id;
};

/** Uploads the contacts and shows what was refused. Throws when the numbers are not the ones expected. */
export const addAudience = async (
  api: Api,
  csv: string,
  expected: { good: number; broken: number },
): Promise<string> => {
  step(
    `Upload an audience of ${expected.good.toLocaleString('en')} contacts as CSV (${(csv.length / 1e6).toFixed(1)} MB)`,
  );
  const { createAudience: made } = await api.run<{ createAudience: { audience: { id: string } } }>(createAudience, {
    input: { name: 'Travel news' },
  });
  const began = performance.now();
  const answer = await api.uploadContacts(made.audience.id, csv);
  detail(
    `imported ${answer.imported.toLocaleString('en')} in ${((performance.now() - began) / 1000).toFixed(1)} s, rejected ${answer.rejected}:`,
  );
  for (const { row, column, message } of answer.errors)
    detail(`  row ${row}${column === null ? '' : `, column ${column}`}: ${message}`);
  if (answer.imported !== expected.good || answer.rejected !== expected.broken)
    throw new Error(`expected ${expected.good} imported and ${expected.broken} rejected`);
  return made.audience.id;
};

export const addCampaign = async (api: Api, audienceId: string, poolId: string): Promise<string> => {
  const size = Buffer.byteLength(demoContent.html) + Buffer.byteLength(demoContent.text);
  step(
    `Create the campaign (HTML and text with merge fields, ${(size / 1000).toFixed(1)} kB) with the pool under its sending settings`,
  );
  const { createCampaign: made } = await api.run<{ createCampaign: { campaign: { id: string; status: string } } }>(
    createCampaign,
    {
      input: {
        name: 'Autumn offers',
        from: { name: 'Travel news', address: `offers@${fromDomain}` },
        ...demoContent,
        audienceId,
        sendingSettings: { poolId, unknownPolicy: 'HOLD' },
      },
    },
  );
  detail(`campaign ${made.campaign.id} is a ${made.campaign.status}`);
  return made.campaign.id;
};
