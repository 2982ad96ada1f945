/** Verdicts, kept for good: what was found is found once, and is published from here. */
import type { RotationVerdict } from '@sendpool/contracts';
import type { Sql } from '@sendpool/database';

export type VerdictStore = {
  /** Adds those that are new by their id. */
  add(verdicts: readonly RotationVerdict[]): Promise<void>;
  /** Of these ids the ones of verdicts that were found at `since` (milliseconds since 1970) or later. */
  known(ids: readonly string[], since: number): Promise<Set<string>>;
  /** When the list of each pool was last found bad, milliseconds since 1970; none: never. */
  badListAt(poolIds: readonly string[]): Promise<Map<string, number>>;
  /** The oldest that nobody has told yet, in their order. */
  unpublished(): Promise<RotationVerdict[]>;
  published(ids: readonly string[]): Promise<void>;
};

const insertVerdicts = `insert into verdict(id, pool_id, server_id, kind, at, verdict)
  select * from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::bigint[], $6::text[]) on conflict (id) do nothing`;

const selectUnpublished = 'select verdict from verdict where not published order by at, id limit 1000';

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
  known: async (ids, since) => {
    const query = 'select id from verdict where id = any($1::text[]) and at >= $2';
    const rows = await sql.query<{ id: string }>(query, [ids, since]);
    return new Set(rows.map(({ id }) => id));
  },
  badListAt: async (poolIds) => {
    const query = `select pool_id as id, max(at) as at from verdict where pool_id = any($1::text[]) and kind = 'BAD_LIST' group by 1`;
    const rows = await sql.query<{ id: string; at: number }>(query, [poolIds]);
    return new Map(rows.map(({ id, at }) => [id, at]));
  },
  unpublished: async () => (await sql.query<Stored>(selectUnpublished)).map(verdictOf),
  published: async (ids) => {
    await sql.query('update verdict set published = true where id = any($1::text[])', [ids]);
  },
});
