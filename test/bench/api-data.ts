/** What the API is asked about in bench api: 50 campaigns over 20 pools of 5 servers each, every server with numbers. Nothing is sent. */
import { deliveryEventsTopic } from '@sendpool/contracts';
import { createEventLog } from '@sendpool/event-log';
import { sleep } from '@sendpool/kernel';
import { createApi, type Api } from '../../apps/standalone/demo/api.ts';
import { fromDomain } from '../../apps/standalone/demo/servers.ts';
import type { System } from '../../apps/standalone/src/system.ts';
import { addAudience, addCampaign, addPool } from '../e2e/stage.ts';
import { madeUpOutcome } from './made-up-outcome.ts';

const [campaigns, pools, serversOfPool] = [50, 20, 5];

type Pool = { id: string; serverIds: string[] };

const addServer = async (api: Api, name: string): Promise<string> => {
  const input = { name, host: '127.0.0.1', port: 9, tls: 'NONE', fromDomains: [fromDomain] };
  const { createSendingServer } = await api.run<{ createSendingServer: { server: { id: string } } }>(
    'mutation ($input: CreateSendingServerInput!) { createSendingServer(input: $input) { ... on SendingServerPayload { server { id } } ... on Refused { errors { message path } } } }',
    { input },
  );
  return createSendingServer.server.id;
};

const addPoolOf = async (api: Api, number: number): Promise<Pool> => {
  const names = Array.from({ length: serversOfPool }, (_, index) => `server-${number}-${index}`);
  const ids = new Map<string, string>();
  for (const name of names) ids.set(name, await addServer(api, name));
  const targets = names.map((name) => ({ name, port: 9, weight: 1 }));
  return { id: await addPool(api, targets, ids, `pool ${number}`), serverIds: [...ids.values()] };
};

/** One outcome of each server; resolves when stats has counted them. */
const tellOutcomes = async (api: Api, system: System, campaignId: string, all: readonly Pool[]): Promise<void> => {
  const eventLog = await createEventLog({ url: system.eventLogUrl, applicationName: 'sendpool bench' });
  const records = all
    .flatMap(({ id: poolId, serverIds }) => serverIds.map((serverId) => ({ poolId, serverId })))
    .map((place, sequence) => madeUpOutcome({ lane: 0, sequence, campaignId, recipient: 0, ...place }));
  await eventLog.publish(deliveryEventsTopic.name, records);
  await eventLog.close();
  const counted = async (): Promise<number> =>
    Number((await api.run<{ statsLag: { counted: string } }>('{ statsLag { counted } }')).statsLag.counted);
  while ((await counted()) < records.length) await sleep(50);
};

/** Returns the id of a pool. */
export const fillApi = async (system: System): Promise<string> => {
  const api = createApi(() => system.gatewayUrl, system.firstAdminKey!);
  const all: Pool[] = [];
  for (let number = 0; number < pools; number += 1) all.push(await addPoolOf(api, number));
  const audienceId = await addAudience(api, 'audience', 'email\nann@example.com\n');
  const ids: string[] = [];
  for (let number = 0; number < campaigns; number += 1) {
    const sendingSettings = { poolId: all[number % pools]!.id };
    ids.push(await addCampaign(api, { name: `campaign ${number}`, audienceId, sendingSettings }));
  }
  await tellOutcomes(api, system, ids[0]!, all);
  return all[0]!.id;
};
