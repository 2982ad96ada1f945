/** Adds what was counted to the sends of pools and to the attempts of days: a part of the transaction of the counts. */
import type { Sql } from '@sendpool/database';
import { attemptedOf, judgedSends, type CountDelta } from '../domain/counts.ts';
import { dayOf } from '../domain/finding.ts';

const addPoolSends = `insert into pool_send as n(pool_id, server_id, at, accepted, bounced_hard, bounced_block)
  select * from unnest($1::text[], $2::text[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[])
  on conflict (pool_id, server_id, at) do update set accepted = n.accepted + excluded.accepted,
    bounced_hard = n.bounced_hard + excluded.bounced_hard, bounced_block = n.bounced_block + excluded.bounced_block`;

const addPoolCampaigns = `insert into pool_campaign as n(pool_id, campaign_id, at, sends, bounced)
  select * from unnest($1::text[], $2::text[], $3::bigint[], $4::bigint[], $5::bigint[])
  on conflict (pool_id, campaign_id, at) do update set sends = n.sends + excluded.sends, bounced = n.bounced + excluded.bounced`;

const addAttempts = `insert into server_day as n(day, server_id, provider, attempted)
  select * from unnest($1::int[], $2::text[], $3::text[], $4::bigint[])
  on conflict (day, server_id, provider) do update set attempted = n.attempted + excluded.attempted`;

type Row = { readonly names: readonly (string | number)[]; readonly sums: number[] };

/** Sums by name, in the order of the names: writers take row locks in one order. */
const sumRows = (rows: Iterable<Row>): Row[] => {
  const sums = new Map<string, Row>();
  for (const { names, sums: add } of rows) {
    const key = names.join('\n');
    const sum = sums.get(key);
    if (sum === undefined) sums.set(key, { names, sums: [...add] });
    else add.forEach((value, at) => (sum.sums[at]! += value));
  }
  return [...sums].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, row]) => row);
};

/** One array for each column, names first. */
const insertRows = async (tx: Sql, statement: string, rows: readonly Row[]): Promise<void> => {
  const [first] = rows;
  if (first === undefined) return;
  const names = first.names.map((_, at) => rows.map((row) => row.names[at]));
  const sums = first.sums.map((_, at) => rows.map((row) => row.sums[at]));
  await tx.query(statement, [...names, ...sums]);
};

const second = (at: number): number => Math.floor(at / 1000);

/** Of an event that is taken back nothing is here: a send that counts is a definite outcome, which stays. */
export const savePoolSends = async (tx: Sql, deltas: readonly CountDelta[]): Promise<void> => {
  const judged = deltas.filter(
    ({ add, poolId, serverId }) => judgedSends(add).sends > 0 && poolId !== '' && serverId !== '',
  );
  const byServer = judged.map(({ poolId, serverId, at, add }) => ({
    names: [poolId, serverId, second(at)],
    sums: [add.accepted ?? 0, add.bouncedHard ?? 0, add.bouncedBlock ?? 0],
  }));
  const byCampaign = judged.map(({ poolId, campaignId, at, add }) => {
    const { sends, bounced } = judgedSends(add);
    return { names: [poolId, campaignId, second(at)], sums: [sends, bounced] };
  });
  await insertRows(tx, addPoolSends, sumRows(byServer));
  await insertRows(tx, addPoolCampaigns, sumRows(byCampaign));
};

export const saveAttempts = async (tx: Sql, deltas: readonly CountDelta[]): Promise<void> => {
  const rows = deltas
    .filter(({ serverId }) => serverId !== '')
    .map(({ minute, serverId, provider, add }) => ({
      names: [dayOf(minute), serverId, provider],
      sums: [attemptedOf(add)],
    }));
  await insertRows(
    tx,
    addAttempts,
    sumRows(rows).filter(({ sums }) => sums[0] !== 0),
  );
};
