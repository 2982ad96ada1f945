/** Reads the sends of pools by time, and keeps them few: buckets of a second, after a while of a minute, then of an hour. */
import type { Sql } from '@sendpool/database';
import type { CampaignSends } from '../domain/evidence.ts';
import type { SendBucket } from '../domain/send-series.ts';

export type ServerBuckets = ReadonlyMap<string, readonly SendBucket[]>;

export type PoolSendsStore = {
  /** Sends of every server of each pool from `since` (milliseconds since 1970) on. */
  byPool(poolIds: readonly string[], since: number): Promise<Map<string, ServerBuckets>>;
  /** Everything that each pool has kept, to see where something came in. */
  totals(): Promise<Map<string, number>>;
  /** Sends of each campaign through each pool, from its own moment on (milliseconds since 1970). */
  campaigns(sinceByPool: ReadonlyMap<string, number>): Promise<Map<string, CampaignSends[]>>;
  /** Widens buckets that have become old, and drops those that began before `before`. */
  tidy(now: number, before: number): Promise<void>;
};

const selectSends = `select pool_id as "poolId", server_id as "serverId", at * 1000 as at,
    accepted + bounced_hard + bounced_block as sends, bounced_hard + bounced_block as bounced
  from pool_send where pool_id = any($1::text[]) and at >= $2 order by pool_id, server_id, at desc`;

const selectTotals = `select pool_id as "poolId", sum(accepted + bounced_hard + bounced_block)::bigint as total
  from pool_send group by 1`;

const selectCampaigns = `select sent.pool_id as "poolId", sent.campaign_id as "campaignId", sum(sent.sends)::bigint as sends,
    sum(sent.bounced)::bigint as bounced
  from unnest($1::text[], $2::bigint[]) pool(id, since)
  join pool_campaign sent on sent.pool_id = pool.id and sent.at >= pool.since group by 1, 2 order by 1, 2`;

/** Rows are locked in the order of their key. A bucket of another width needs no mark: it is the one at a full minute or hour. */
const widenSends = `with old as materialized (select pool_id, server_id, at from pool_send
    where at < $1 and at % $2 <> 0 order by 1, 2, 3 for update),
  gone as (delete from pool_send p using old
    where p.pool_id = old.pool_id and p.server_id = old.server_id and p.at = old.at returning p.*)
  insert into pool_send as n select pool_id, server_id, at - at % $2, sum(accepted), sum(bounced_hard), sum(bounced_block)
  from gone group by 1, 2, 3
  on conflict (pool_id, server_id, at) do update set accepted = n.accepted + excluded.accepted,
    bounced_hard = n.bounced_hard + excluded.bounced_hard, bounced_block = n.bounced_block + excluded.bounced_block`;

const widenCampaigns = `with old as materialized (select pool_id, campaign_id, at from pool_campaign
    where at < $1 and at % $2 <> 0 order by 1, 2, 3 for update),
  gone as (delete from pool_campaign p using old
    where p.pool_id = old.pool_id and p.campaign_id = old.campaign_id and p.at = old.at returning p.*)
  insert into pool_campaign as n select pool_id, campaign_id, at - at % $2, sum(sends), sum(bounced) from gone group by 1, 2, 3
  on conflict (pool_id, campaign_id, at) do update set sends = n.sends + excluded.sends, bounced = n.bounced + excluded.bounced`;

/** Seconds: so old, so wide. A server with a send a minute and one with a thousand a second both get fine enough windows. */
const widths = [
  { age: 15 * 60, width: 60 },
  { age: 6 * 3600, width: 3600 },
] as const;

const seconds = (at: number): number => Math.ceil(at / 1000);

type SendRow = SendBucket & { poolId: string; serverId: string };

const byPool = async (sql: Sql, poolIds: readonly string[], since: number): Promise<Map<string, ServerBuckets>> => {
  const pools = new Map<string, Map<string, SendBucket[]>>(poolIds.map((id) => [id, new Map()]));
  for (const { poolId, serverId, ...bucket } of await sql.query<SendRow>(selectSends, [poolIds, seconds(since)])) {
    const servers = pools.get(poolId)!;
    const buckets = servers.get(serverId);
    if (buckets === undefined) servers.set(serverId, [bucket]);
    else buckets.push(bucket);
  }
  return pools;
};

type CampaignRow = CampaignSends & { poolId: string };

const campaigns = async (sql: Sql, sinceByPool: ReadonlyMap<string, number>): Promise<Map<string, CampaignSends[]>> => {
  const pools = new Map<string, CampaignSends[]>([...sinceByPool.keys()].map((id) => [id, []]));
  const values = [[...sinceByPool.keys()], [...sinceByPool.values()].map(seconds)];
  for (const { poolId, ...row } of await sql.query<CampaignRow>(selectCampaigns, values)) pools.get(poolId)!.push(row);
  return pools;
};

const tidy = async (sql: Sql, now: number, before: number): Promise<void> => {
  await sql.query('delete from pool_send where at < $1', [seconds(before)]);
  await sql.query('delete from pool_campaign where at < $1', [seconds(before)]);
  for (const { age, width } of widths) {
    const values = [seconds(now) - age, width];
    await sql.query(widenSends, values);
    await sql.query(widenCampaigns, values);
  }
};

export const createPoolSendsStore = (sql: Sql): PoolSendsStore => ({
  byPool: (poolIds, since) => byPool(sql, poolIds, since),
  totals: async () => {
    const rows = await sql.query<{ poolId: string; total: number }>(selectTotals);
    return new Map(rows.map(({ poolId, total }) => [poolId, total]));
  },
  campaigns: (sinceByPool) => campaigns(sql, sinceByPool),
  tidy: (now, before) => tidy(sql, now, before),
});
