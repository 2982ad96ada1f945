/** Keeps the verdicts of stats, each once, with what became of it; what one changes in its pool is in the same transaction. */
import type { RotationEvidence, RotationVerdict, VerdictKind } from '@sendpool/contracts';
import { isId } from '@sendpool/kernel';
import { IsNull, type EntityManager } from 'typeorm';
import type { Pool } from '../domain/pool.ts';
import { isSameRefusal, type RotationEntry, type SettleVerdict } from '../domain/rotation-entry.ts';
import type { RotationStore } from '../domain/stores.ts';
import { guarded } from './guarded.ts';
import { poolEntity } from './pool.entity.ts';
import { fromPoolRow, toPoolRow } from './pool.store.ts';
import type { StoreDatabase } from './store-database.ts';

/** An older EJECT may have given its place to a newer one. */
const known = `select from rotation_verdict
  where id = $1 or (kind = 'EJECT' and kind = $2 and pool_id = $3 and server_id = $4 and at >= $5) limit 1`;

const newest = `select * from rotation_verdict where pool_id = $1 and server_id = $2 order by number desc limit 1`;

const replace = `update rotation_verdict set id = $2, at = $3, evidence = $4, words = $5 where number = $1`;

const insert = `insert into rotation_verdict
    (id, pool_id, server_id, kind, campaign_ids, at, evidence, words, applied, why_not)
  values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`;

type Row = {
  number: number;
  id: string;
  pool_id: string;
  server_id: string | null;
  kind: VerdictKind;
  campaign_ids: string[];
  at: Date;
  evidence: RotationEvidence;
  words: string;
  applied: boolean;
  why_not: string | null;
};

const entryOf = (row: Row): RotationEntry => {
  const { id, kind, evidence, words } = row;
  const place = { poolId: row.pool_id, serverId: row.server_id, campaignIds: row.campaign_ids, at: row.at.getTime() };
  return {
    number: row.number,
    verdict: { id, kind, ...place, evidence, words },
    applied: row.applied,
    whyNot: row.why_not,
  };
};

/** The newest pool, which nobody else changes until the transaction ends. */
const lockPool = async (manager: EntityManager, id: string): Promise<Pool | undefined> => {
  if (!isId(id)) return undefined;
  const row = await manager.findOne(poolEntity, {
    where: { id, deletedAt: IsNull() },
    lock: { mode: 'pessimistic_write' },
  });
  return row === null ? undefined : fromPoolRow(row);
};

const isKnown = async (manager: EntityManager, verdict: RotationVerdict): Promise<boolean> => {
  const { id, kind, poolId, serverId, at } = verdict;
  return (await manager.query<unknown[]>(known, [id, kind, poolId, serverId, new Date(at)])).length > 0;
};

const keep = async (manager: EntityManager, verdict: RotationVerdict, whyNot: string | null): Promise<void> => {
  const { id, poolId, serverId, kind, campaignIds, words } = verdict;
  const [at, evidence] = [new Date(verdict.at), JSON.stringify(verdict.evidence)];
  const applied = whyNot === null;
  const [row] = await manager.query<Row[]>(newest, [poolId, serverId]);
  if (row !== undefined && isSameRefusal({ verdict, applied, whyNot }, entryOf(row)))
    await manager.query(replace, [row.number, id, at, evidence, words]);
  else await manager.query(insert, [id, poolId, serverId, kind, campaignIds, at, evidence, words, applied, whyNot]);
};

type Outcome = { readonly kept: boolean; readonly changed: boolean };

const settle = async (manager: EntityManager, { verdict, decide }: SettleVerdict): Promise<Outcome> => {
  const pool = await lockPool(manager, verdict.poolId);
  if (await isKnown(manager, verdict)) return { kept: false, changed: false };
  const settled = await decide(pool);
  await keep(manager, verdict, settled.whyNot);
  if (pool === undefined || settled.pool === undefined) return { kept: true, changed: false };
  await manager.update(poolEntity, { id: pool.id }, toPoolRow({ ...settled.pool, revision: pool.revision + 1 }));
  return { kept: true, changed: true };
};

/** One walk of each pool, by its own index. */
const page = `select verdict.* from unnest($1::text[]) pool(id) cross join lateral (
    select * from rotation_verdict where pool_id = pool.id and number < $2 order by number desc limit $3) verdict
  order by verdict.number desc`;

const counts = `select pool_id, count(*) as verdicts from rotation_verdict where pool_id = any($1::text[]) group by pool_id`;

/** `changed` is called after each change of a pool. */
export const createRotationStore = (database: StoreDatabase, changed: () => void): RotationStore => ({
  settle: async (settling) => {
    const outcome = await guarded(() => database.source.transaction((manager) => settle(manager, settling)));
    if (outcome.changed) changed();
    return outcome.kept;
  },
  page: async (poolIds, count, before = Number.MAX_SAFE_INTEGER) => {
    const rows = await database.sql.query<Row>(page, [poolIds, before, count]);
    return Map.groupBy(rows.map(entryOf), ({ verdict }) => verdict.poolId);
  },
  counts: async (poolIds) => {
    const rows = await database.sql.query<{ pool_id: string; verdicts: number }>(counts, [poolIds]);
    return new Map(rows.map((row) => [row.pool_id, row.verdicts]));
  },
});
