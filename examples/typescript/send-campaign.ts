/** Makes a server, a pool, an audience and a campaign, starts it, and watches it until it is FINISHED. */
import { change, connect, subscribe, uploadContacts } from './api.ts';
import * as operations from './operations.ts';

/** Names and idempotency keys come from it: started again with the same RUN, nothing is made or sent a second time. */
const { RUN: name = new Date().toISOString(), SMTP_PORT = '2525', CONTACTS = '20' } = process.env;
const idempotencyKey = name;

const addServer = async (): Promise<string> => {
  const input = { name, host: '127.0.0.1', port: Number(SMTP_PORT), fromDomains: ['example.com'], idempotencyKey };
  // A real mail server has TLS: leave `tls` out, and give `username` and `password`.
  const { server } = await change(operations.createServer, { input: { ...input, tls: 'NONE' } });
  if (server.verification.status === 'PASSED') return server.id;
  const verified = await change(operations.verifyServer, { input: { id: server.id } });
  const { status, message } = verified.server.verification;
  if (status !== 'PASSED') throw new Error(`the server cannot be used: ${message}`);
  return server.id;
};

const addPool = async (serverId: string): Promise<string> => {
  const input = { name, members: [{ serverId, weight: 10 }], idempotencyKey };
  return (await change(operations.createPool, { input })).pool.id;
};

const addAudience = async (): Promise<string> => {
  const { audience } = await change(operations.createAudience, { input: { name, idempotencyKey } });
  const rows = Array.from({ length: Number(CONTACTS) }, (_, at) => `reader-${at}@example.org,Reader ${at}\n`);
  await uploadContacts(audience.id, `email,first_name\n${rows.join('')}`, idempotencyKey);
  return audience.id;
};

const addCampaign = async (poolId: string, audienceId: string): Promise<string> => {
  const content = { subject: 'Hello {{ first_name }}', text: 'It is spring.' };
  const from = { name: 'News', address: 'news@example.com' };
  const input = { name, from, ...content, audienceId, sendingSettings: { poolId }, idempotencyKey };
  return (await change(operations.createCampaign, { input })).campaign.id;
};

const watch = async (id: string): Promise<void> => {
  const client = connect(10); // the first value is of now: nothing is missed by asking again
  for await (const { campaignProgress } of subscribe(client, operations.watchProgress, { id })) {
    if (campaignProgress === null) continue;
    const { status, total, accepted, bounced } = campaignProgress;
    console.log(`${status}: ${accepted} accepted and ${bounced} bounced of ${total}`);
  }
  await client.dispose();
};

const send = async (): Promise<void> => {
  const poolId = await addPool(await addServer());
  const id = await addCampaign(poolId, await addAudience());
  await change(operations.startCampaign, { input: { id, idempotencyKey } });
  console.log(`campaign ${id} is started`);
  await watch(id);
};

await send().catch((error: Error) => {
  console.error(`it is not done: ${error.message}`);
  process.exit(1);
});
