/** Writes the next contacts of an audience down as recipients of a campaign, in the order of their ids. */
import { laneLimits } from '@sendpool/contracts';
import type { Sql } from '@sendpool/database';
import { stateNumber } from './states.ts';

type Position = {
  audience: number;
  prepared_contact: number;
  prepared_seq: number;
  last_contact: number | null;
};

/** The lane is stored with the block: it must not move when the number of lanes changes. Campaigns begin at different lanes. */
const laneOf = `((seq / ${laneLimits.block} + $1) % $6)::smallint`;

const snapshot = `
  with contacts as materialized (
    select id, suppressed_at is not null as suppressed from contact
    where audience = $2 and id > $3 and id <= $4 order by id limit $7
  ), numbered as materialized (
    select id, suppressed, $5::int + (row_number() over (order by id))::int - 1 as seq from contacts
  ), placed as materialized (
    select id, suppressed, seq, ${laneOf} as lane from numbered
  ), blocks as (
    insert into recipient_block (campaign, block, lane)
    select distinct $1::int, seq / ${laneLimits.block}, lane from placed
  ), recipients as (
    insert into recipient (campaign, seq, contact_id, state, lane)
    select $1, seq, id, case when suppressed then ${stateNumber('SUPPRESSED')} else ${stateNumber('PENDING')} end, lane
    from placed order by seq
  ), counted as (
    insert into campaign_lane (campaign, lane, fresh, pending, suppressed)
    select $1, lane, count(*) filter (where not suppressed), count(*) filter (where not suppressed),
      count(*) filter (where suppressed)
    from placed group by lane order by lane
    on conflict (campaign, lane) do update
    set fresh = campaign_lane.fresh + excluded.fresh, pending = campaign_lane.pending + excluded.pending,
      suppressed = campaign_lane.suppressed + excluded.suppressed
  )
  select count(*) as count, coalesce(max(id), $3) as last from placed`;

/** Contacts that are added while the campaign is prepared do not take part. */
const lastContactOf = async (tx: Sql, audience: number): Promise<number> => {
  const text = 'select coalesce(max(id), 0) as last from contact where audience = $1';
  const [row] = await tx.query<{ last: number }>(text, [audience]);
  return row?.last ?? 0;
};

const finish = `update campaign set prepared = true, status = 'SENDING', revision = revision + 1 where number = $1`;

/** PREPARED: the campaign sends now; DONE: there was nothing to do. `chunk` is a multiple of the block, so that only the last block may be short. */
export const prepareChunk = async (
  tx: Sql,
  { campaign, lanes, chunk }: { campaign: number; lanes: number; chunk: number },
): Promise<'MORE' | 'PREPARED' | 'DONE'> => {
  const [at] = await tx.query<Position>(
    `select audience, prepared_contact, prepared_seq, last_contact from campaign
     where number = $1 and status = 'PREPARING' for update`,
    [campaign],
  );
  if (at === undefined) return 'DONE';
  const last = at.last_contact ?? (await lastContactOf(tx, at.audience));
  const values = [campaign, at.audience, at.prepared_contact, last, at.prepared_seq, lanes, chunk];
  const [written] = await tx.query<{ count: number; last: number }>(snapshot, values);
  const { count, last: contact } = written!;
  await tx.query(
    `update campaign set prepared_contact = $2, prepared_seq = prepared_seq + $3, last_contact = $4 where number = $1`,
    [campaign, contact, count, last],
  );
  if (count === chunk) return 'MORE';
  await tx.query(finish, [campaign]);
  return 'PREPARED';
};
