/** Verdicts, kept for good: what was found is found once, and is published from here. */
import type { RotationVerdict } from '@sendpool/contracts';
import type { Sql } from '@sendpool/database';

export type VerdictStore = {
  /** Adds those that are new by their id. */
  add(verdicts: readonly RotationVerdict[]): Promise<void>;
  /** The newest BAD_LIST of each of these pools, and the newest EJECT of each of their servers; none: the pool is left out. */
  latest(poolIds: readonly string[]): Promise<Map<string, RotationVerdict[]>>;
  /** The oldest that nobody has told yet, in their order. */
  unpublished(): Promise<RotationVerdict[]>;
  published(ids: readonly string[]): Promise<void>;
};

const insertVerdicts = `insert into verdict(id, pool_id, server_id, kind, at, verdict)
  select * from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::bigint[], $6::text[]) on conflict (id) do nothing`;

const selectUnpublished = 'select verdict from verdict where not published order by at, id limit 1000';

/** A bad list is of no server. */
const selectLatest = `select distinct on (pool_id, server_id) verdict from verdict
  where pool_id = any($1::text[]) and kind in ('EJECT', 'BAD_LIST') order by pool_id, server_id, at desc`;

type Stored = { verdict: string };
const verdictOf = ({ verdict }: Stored): RotationVerdict => JSON.parse(verdict) as RotationVerdict;

const columnsOf = (verdicts: readonly RotationVerdict[]): unknown[][] => [
  verdicts.map(({ id }) => id),
  verdicts.map(({ poolId }) => poolId),
  verdicts.map(({ serverId }) => serverId),
  verdicts.map(({ kind }) => kind),
  verdicts.map(({ at }) => at),
  verdicts.map((verdict) => JSON.stringify(verdict)),
];

export const createVerdictStore = (sql: Sql): VerdictStore => ({
  add: async (verdicts) => {
    if (verdicts.length > 0) await sql.query(insertVerdicts, columnsOf(verdicts));
  },
  latest: async (poolIds) =>
    Map.groupBy((await sql.query<Stored>(selectLatest, [poolIds])).map(verdictOf), ({ poolId }) => poolId),
  unpublished: async () => (await sql.query<Stored>(selectUnpublished)).map(verdictOf),
  published: async (ids) => {
    await sql.query('update verdict set published = true where id = any($1::text[])', [ids]);
  },
});
