/** Asks the product, once all is quiet, for everything that it says of a run: the API, its tables, its event log, and its own recount. */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import {
  deliveryEventsTopic,
  recipientStates,
  senderGroup,
  sendRequestsTopic,
  type DeliveryEvent,
} from '@sendpool/contracts';
import { createDatabase, type Sql } from '@sendpool/database';
import { createEventLog, type EventLog } from '@sendpool/event-log';
import { sleep } from '@sendpool/kernel';
import type { Api } from '../../apps/standalone/demo/api.ts';
import type { System } from '../../apps/standalone/src/system.ts';
import type { CampaignWord, Counters, LaneEnd, RecipientEnd, Run } from './evidence.ts';
import { insist, lookAt, type StartedCampaign } from './load.ts';

const applicationName = 'sendpool faults';

export type Source = { readonly sql: Sql; readonly eventLog: EventLog; close(): Promise<void> };

export const openSource = async ({ databaseUrl, eventLogUrl }: System): Promise<Source> => {
  const database = await createDatabase({ url: databaseUrl, schema: 'scheduler', applicationName });
  const eventLog = await createEventLog({ url: eventLogUrl, applicationName });
  const close = async (): Promise<void> => {
    await eventLog.close();
    await database.close();
  };
  return { sql: database.sql, eventLog, close };
};

const lanesSql = `
  select lane.lane, lane.last_sequence::int as "lastSequence",
    (extract(epoch from greatest(lease_until, now() - interval '1 day') - now()) * 1000)::int as "leaseMs",
    coalesce(mine.next_offset, 0)::int as scheduler, coalesce(theirs.next_offset, 0)::int as stats
  from scheduler.lane
  left join scheduler.consumed mine on mine.topic = $1 and mine.partition = lane.lane
  left join stats.consumed theirs on theirs.topic = $1 and theirs.partition = lane.lane order by 1`;

type LaneRow = { lane: number; lastSequence: number; leaseMs: number; scheduler: number; stats: number };

const lanesOf = async ({ sql, eventLog }: Source): Promise<LaneEnd[]> => {
  const rows = await sql.query<LaneRow>(lanesSql, [deliveryEventsTopic.name]);
  const requests = await eventLog.lag(sendRequestsTopic.name, senderGroup);
  const events = await eventLog.bounds(deliveryEventsTopic.name);
  return rows.map(({ lane, lastSequence, leaseMs, scheduler, stats }) => {
    const { end = 0, committed = 0, position } = requests.find(({ partition }) => partition === lane) ?? {};
    const next = events.find(({ partition }) => partition === lane)?.next ?? 0;
    return {
      lane,
      lastSequence,
      leaseMs,
      requests: { end, committed, ledger: position?.metadata ?? '' },
      events: { end: next, scheduler, stats },
    };
  });
};

const isQuiet = ({ requests, events, leaseMs }: LaneEnd): boolean =>
  requests.end === requests.committed && events.end === events.scheduler && events.end === events.stats && leaseMs > 0;

/** The lanes once everybody has read everything, or as they are after `timeoutMs`. */
export const quietLanes = async (source: Source, timeoutMs: number): Promise<LaneEnd[]> => {
  const end = performance.now() + timeoutMs;
  for (;;) {
    const lanes = await lanesOf(source);
    if (lanes.every(isQuiet) || performance.now() > end) return lanes;
    await sleep(500);
  }
};

const recipientsSql = `
  select c.id::text as "campaignId", r.seq as recipient, k.email, r.state, r.tries
  from recipient r join campaign c on c.number = r.campaign join contact k on k.id = r.contact_id
  where c.id = any($1::uuid[]) order by 1, 2`;

type RecipientNumbers = Omit<RecipientEnd, 'state'> & { state: number };

export const recipientsOf = async ({ sql }: Source, campaigns: readonly StartedCampaign[]): Promise<RecipientEnd[]> => {
  const rows = await sql.query<RecipientNumbers>(recipientsSql, [campaigns.map(({ id }) => id)]);
  return rows.map((row) => Object.assign(row, { state: recipientStates[row.state]! }));
};

export const countersOf = async ({ sql }: Source, campaigns: readonly StartedCampaign[]): Promise<Counters[]> => {
  const sums = recipientStates.map((state) => `sum(l.${state.toLowerCase()})::int as "${state}"`).join(', ');
  const rows = await sql.query<Record<string, number> & { id: string }>(
    `select c.id::text as id, ${sums} from campaign_lane l join campaign c on c.number = l.campaign
     where c.id = any($1::uuid[]) group by 1`,
    [campaigns.map(({ id }) => id)],
  );
  return rows.map(({ id, ...counts }) => ({ campaignId: id, counts: counts as Record<string, number> }));
};

const readMax = 1000;

/** Every delivery event, lane by lane. */
export const eventsOf = async ({ eventLog }: Source): Promise<DeliveryEvent[]> => {
  const events: DeliveryEvent[] = [];
  for (const { partition, first, next } of await eventLog.bounds(deliveryEventsTopic.name)) {
    for (let offset = first; offset < next;) {
      const records = await eventLog.read(deliveryEventsTopic.name, partition, offset, readMax);
      if (records.length === 0) break;
      for (const { value } of records) events.push(deliveryEventsTopic.decode(value));
      offset = records.at(-1)!.offset + 1;
    }
  }
  return events;
};

const statsQuery = 'query ($id: ID!) { campaign(id: $id) { serverStats { server { id } accepted } } }';
/** What no server is charged with has none: a doubt that a killed sender left. */
type ServerNumbers = { server: { id: string } | null; accepted: string };
type StatsAnswer = { campaign: { serverStats: ServerNumbers[] | null } | null };

const acceptedBy = (api: Api, id: string): Promise<Record<string, number>> =>
  insist(async () => {
    const { campaign } = await api.run<StatsAnswer>(statsQuery, { id });
    if (campaign?.serverStats === undefined || campaign.serverStats === null) throw new Error('stats is away');
    return Object.fromEntries(campaign.serverStats.map(({ server, accepted }) => [server?.id ?? '', Number(accepted)]));
  });

/** `inFlight` becomes `IN_FLIGHT`. */
const stateWord = (field: string): string => field.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase();

export const wordsOf = async (api: Api, campaigns: readonly StartedCampaign[]): Promise<CampaignWord[]> => {
  const words: CampaignWord[] = [];
  for (const campaign of campaigns) {
    const { status, progress } = await lookAt(api, campaign.id);
    const states = Object.fromEntries(Object.entries(progress).map(([field, count]) => [stateWord(field), count]));
    words.push({ ...campaign, status, progress: states, acceptedBy: await acceptedBy(api, campaign.id) });
  }
  return words;
};

const recountProgram = fileURLToPath(new URL('../../apps/stats/src/recount.ts', import.meta.url));

/** The command that an operator would use. */
export const recount = ({ databaseUrl, eventLogUrl }: System): Run['recount'] => {
  const env = { ...process.env, NODE_OPTIONS: '', DATABASE_URL: databaseUrl, EVENT_LOG_URL: eventLogUrl };
  const { status, stdout, stderr } = spawnSync(process.execPath, [recountProgram], { env, encoding: 'utf8' });
  return { isEqual: status === 0, said: `${stdout}${stderr}`.trim().split('\n').at(-1) ?? '' };
};
