/** Reads the numbers: by server over a window, by minute, by campaign; many keys in one statement. */
import { deliveryEventsTopic } from '@sendpool/contracts';
import type { Database, Sql } from '@sendpool/database';
import { counters, noCounts, type CountDelta, type Counts } from '../domain/counts.ts';
import type { ProviderCounts } from '../domain/summary.ts';
import type { MinuteCounts } from '../domain/windows.ts';
import { counterSums } from './counter-columns.ts';

type ServerCounts = { readonly serverId: string; readonly counts: Counts };

export type NumbersStore = {
  /** Numbers of each server by provider, of the minutes from `since` (milliseconds since 1970) on; of all time when it is undefined. */
  byServer(serverIds: readonly string[], since: number | undefined): Promise<Map<string, ProviderCounts[]>>;
  /** The minutes of each server from `since` on that have numbers, the newest first. */
  minutes(serverIds: readonly string[], since: number): Promise<Map<string, MinuteCounts[]>>;
  /** Numbers of each campaign by server, in the order of server ids. */
  byCampaign(campaignIds: readonly string[]): Promise<Map<string, ServerCounts[]>>;
  /** Next offset of delivery-events in each lane that was ever read. */
  positions(): Promise<Map<number, number>>;
  /** Drops minutes before this time; returns how many rows. */
  dropMinutes(before: number): Promise<number>;
};

const minuteMs = 60_000;

const serverWindow = `select server_id as key, provider, ${counterSums} from server_minute
  where server_id = any($1::text[]) and minute >= $2 group by 1, 2`;

const serverAlways = `select server_id as key, provider, ${counterSums} from campaign_server
  where server_id = any($1::text[]) group by 1, 2`;

const serverMinutes = `select server_id as key, minute, ${counterSums} from server_minute
  where server_id = any($1::text[]) and minute >= $2 group by 1, 2 order by minute desc`;

const campaignServers = `select campaign_id as key, server_id as "serverId", ${counterSums} from campaign_server
  where campaign_id = any($1::text[]) group by 1, 2 order by 2`;

const consumedPositions = 'select partition, next_offset as next from consumed where topic = $1';

const deleteMinutes = `with dropped as (delete from server_minute where minute < $1 returning 1) select count(*) as n from dropped`;

type Keyed<Facts> = Counts & Facts & { key: string };

const countsOf = (row: Counts): Counts => {
  const counts = noCounts();
  for (const counter of counters) counts[counter] = row[counter];
  return counts;
};

/** Groups rows by their key, in the order in which they came. */
const byKey = <Row extends { key: string }, Item>(
  rows: readonly Row[],
  itemOf: (row: Row) => Item,
): Map<string, Item[]> => {
  const items = new Map<string, Item[]>();
  for (const row of rows) {
    const list = items.get(row.key);
    if (list === undefined) items.set(row.key, [itemOf(row)]);
    else list.push(itemOf(row));
  }
  return items;
};

const byServer = async (sql: Sql, serverIds: readonly string[], since: number | undefined) => {
  const rows =
    since === undefined
      ? await sql.query<Keyed<{ provider: string }>>(serverAlways, [serverIds])
      : await sql.query<Keyed<{ provider: string }>>(serverWindow, [serverIds, Math.floor(since / minuteMs)]);
  return byKey(rows, (row): ProviderCounts => ({ provider: row.provider, counts: countsOf(row) }));
};

const minutes = async (sql: Sql, serverIds: readonly string[], since: number) => {
  const values = [serverIds, Math.floor(since / minuteMs)];
  const rows = await sql.query<Keyed<{ minute: number }>>(serverMinutes, values);
  return byKey(rows, (row): MinuteCounts => ({ at: row.minute * minuteMs, counts: countsOf(row) }));
};

const byCampaign = async (sql: Sql, campaignIds: readonly string[]) => {
  const rows = await sql.query<Keyed<{ serverId: string }>>(campaignServers, [campaignIds]);
  return byKey(rows, (row): ServerCounts => ({ serverId: row.serverId, counts: countsOf(row) }));
};

const positions = async (sql: Sql): Promise<Map<number, number>> => {
  const rows = await sql.query<{ partition: number; next: number }>(consumedPositions, [deliveryEventsTopic.name]);
  return new Map(rows.map((row) => [row.partition, row.next]));
};

export const createNumbersStore = ({ sql }: Database): NumbersStore => ({
  byServer: (serverIds, since) => byServer(sql, serverIds, since),
  minutes: (serverIds, since) => minutes(sql, serverIds, since),
  byCampaign: (campaignIds) => byCampaign(sql, campaignIds),
  positions: () => positions(sql),
  dropMinutes: async (before) => {
    const [row] = await sql.query<{ n: number }>(deleteMinutes, [Math.floor(before / minuteMs)]);
    return row?.n ?? 0;
  },
});

/** All numbers and the positions they belong to, of one moment: for the recount. */
export const readEverything = (
  database: Database,
): Promise<{ positions: Map<number, number>; minutes: CountDelta[]; campaigns: CountDelta[] }> =>
  database.transaction(async (tx) => {
    await tx.query('set transaction isolation level repeatable read, read only');
    type Row = Keyed<{ serverId: string; provider: string; minute?: number }>;
    const minuteRows = await tx.query<Row>(
      `select '' as key, server_id as "serverId", minute, provider, ${counterSums} from server_minute group by 2, 3, 4`,
    );
    const campaignRows = await tx.query<Row>(
      `select campaign_id as key, server_id as "serverId", provider, ${counterSums} from campaign_server group by 1, 2, 3`,
    );
    const deltaOf = (row: Row): CountDelta => ({
      campaignId: row.key,
      serverId: row.serverId,
      provider: row.provider,
      poolId: '',
      at: 0,
      minute: (row.minute ?? 0) * minuteMs,
      add: countsOf(row),
    });
    return { positions: await positions(tx), minutes: minuteRows.map(deltaOf), campaigns: campaignRows.map(deltaOf) };
  });
