/** Attempts of each server by day, how far the lanes are counted, and what was told of it. */
import { deliveryEventsTopic } from '@sendpool/contracts';
import type { Sql } from '@sendpool/database';
import { dayOf } from '../domain/finding.ts';
import type { UsageStore } from '../domain/usage-round.ts';
import type { Attempts, LaneStanding, Told } from '../domain/usage.ts';

const selectLanes = `select c.partition as lane, c.next_offset as next, l.counted_at as "countedAt"
  from consumed c left join lane l on l.lane = c.partition where c.topic = $1`;

const selectAttempts = `select server_id as "serverId", provider, attempted from server_day
  where day = $1 and attempted <> 0 order by server_id, provider`;

const selectTold = 'select server_id as "serverId", day * 86400000::bigint as day, attempted, at from usage_told';

const upsertTold = `insert into usage_told(server_id, day, attempted, at)
  select u.id, $2, u.attempted, $4 from unnest($1::text[], $3::bigint[]) u(id, attempted)
  on conflict (server_id) do update set day = excluded.day, attempted = excluded.attempted, at = excluded.at`;

export const createUsageStore = (sql: Sql): UsageStore => ({
  lanes: () => sql.query<LaneStanding>(selectLanes, [deliveryEventsTopic.name]),
  attempts: (at) => sql.query<Attempts>(selectAttempts, [dayOf(at)]),
  told: () => sql.query<Told>(selectTold),
  tell: async (usages, at) => {
    const ids = usages.map(({ serverId }) => serverId);
    await sql.query(upsertTold, [ids, dayOf(at), usages.map(({ attempted }) => attempted), at]);
  },
});

/** Drops the attempts of days before this time (milliseconds since 1970). */
export const dropDays = async (sql: Sql, before: number): Promise<void> => {
  await sql.query('delete from server_day where day < $1', [dayOf(before)]);
};
