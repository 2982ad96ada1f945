/** Verdicts that were heeded, and the campaigns that they paused. */
import type { Database, Sql } from '@sendpool/database';
import { isId } from '@sendpool/kernel';
import type { VerdictStore } from '../domain/heed-verdict.ts';
import { tellStatus } from './tell-webhooks.ts';

/** The topic keeps its records for a month. */
const forget = `delete from heeded_verdict where at < now() - interval '62 days'`;
const remember = 'insert into heeded_verdict (id) values ($1) on conflict do nothing returning id';

const pause = `
  with named as materialized (
    select number from campaign where id = any($1::uuid[]) and status in ('SENDING', 'PREPARING') order by number for update
  )
  update campaign set status = 'PAUSED', paused_reason = $2, revision = revision + 1
  from named where campaign.number = named.number returning campaign.id, campaign.number`;

const pauseOnce = async (tx: Sql, verdict: Parameters<VerdictStore['pauseOnce']>[0]): Promise<string[]> => {
  await tx.query(forget);
  if ((await tx.query(remember, [verdict.id])).length === 0) return [];
  const paused = await tx.query<{ id: string; number: number }>(pause, [
    verdict.campaignIds.filter(isId),
    verdict.words,
  ]);
  await tellStatus(
    tx,
    paused.map(({ number }) => number),
  );
  return paused.map(({ id }) => id);
};

export const createVerdictStore = (database: Pick<Database, 'transaction'>): VerdictStore => ({
  pauseOnce: (verdict) => database.transaction((tx) => pauseOnce(tx, verdict)),
});
