/** Writes changed recipients, their facts, the counters and the pauses of pools: set-wide, and always in this order of tables. */
import type { Sql } from '@sendpool/database';
import { recipientStates } from '@sendpool/contracts';
import type { CounterDelta } from '../domain/counters.ts';
import { narrowedWindow } from '../domain/plan-slice.ts';
import type { PoolPause } from '../domain/pool-pause.ts';
import { noFacts, type RecipientChange, type RecipientRow } from '../domain/recipient.ts';
import { counterColumns, stateNumber } from './states.ts';

const updateRecipients = `
  update recipient set state = new.state, sequence = new.sequence, tries = new.tries
  from unnest($1::int[], $2::int[], $3::smallint[], $4::bigint[], $5::smallint[]) as new (campaign, seq, state, sequence, tries)
  where recipient.campaign = new.campaign and recipient.seq = new.seq`;

const saveRows = async (tx: Sql, rows: readonly RecipientRow[]): Promise<void> => {
  if (rows.length === 0) return;
  await tx.query(updateRecipients, [
    rows.map((row) => row.campaign),
    rows.map((row) => row.number),
    rows.map((row) => stateNumber(row.state)),
    rows.map((row) => row.sequence),
    rows.map((row) => row.tries),
  ]);
};

const isChanged = ({ before, after }: RecipientChange): boolean =>
  before.state !== after.state || before.sequence !== after.sequence || before.tries !== after.tries;

const upsertFacts = `
  insert into recipient_fact as fact (campaign, seq, lane, due_at, deferred_at, unknowns, gaps, copy_accepted, server_hint, reply)
  select * from unnest($1::int[], $2::int[], $3::smallint[], $4::bigint[], $5::bigint[], $6::smallint[], $7::smallint[],
    $8::boolean[], $9::text[], $10::text[]) as new (campaign, seq) order by campaign, seq
  on conflict (campaign, seq) do update set due_at = excluded.due_at, deferred_at = excluded.deferred_at,
    unknowns = excluded.unknowns, gaps = excluded.gaps, copy_accepted = excluded.copy_accepted,
    server_hint = excluded.server_hint, reply = excluded.reply`;

const deleteFacts = `
  delete from recipient_fact as fact using unnest($1::int[], $2::int[]) as old (campaign, seq)
  where fact.campaign = old.campaign and fact.seq = old.seq`;

const saveFacts = async (tx: Sql, changes: readonly RecipientChange[]): Promise<void> => {
  const changed = changes.filter(({ before, after }) => before.facts !== after.facts).map(({ after }) => after);
  const [kept, dropped] = [
    changed.filter((row) => row.facts !== noFacts),
    changed.filter((row) => row.facts === noFacts),
  ];
  if (kept.length > 0) {
    await tx.query(upsertFacts, [
      kept.map((row) => row.campaign),
      kept.map((row) => row.number),
      kept.map((row) => row.lane),
      kept.map((row) => row.facts.dueAt),
      kept.map((row) => row.facts.deferredAt),
      kept.map((row) => row.facts.unknowns),
      kept.map((row) => row.facts.gaps),
      kept.map((row) => row.facts.copyAccepted),
      kept.map((row) => row.facts.serverHint),
      kept.map((row) => row.facts.reply),
    ]);
  }
  if (dropped.length > 0) {
    await tx.query(deleteFacts, [dropped.map((row) => row.campaign), dropped.map((row) => row.number)]);
  }
};

const stateArrays = recipientStates.map((_, index) => `$${index + 3}::int[]`).join(', ');
const stateSums = counterColumns.map((column) => `${column} = campaign_lane.${column} + delta.${column}`).join(', ');
const after = recipientStates.length + 3;

const moveCounters = `
  with delta as materialized (
    select * from unnest($1::int[], $2::smallint[], ${stateArrays}, $${after}::int[], $${after + 1}::bigint[])
      as delta (campaign, lane, ${counterColumns.join(', ')}, deferred_then_accepted, unknown_at)
  ), locked as materialized (
    select campaign_lane.campaign, campaign_lane.lane from campaign_lane join delta using (campaign, lane)
    order by campaign_lane.campaign, campaign_lane.lane for no key update of campaign_lane
  )
  update campaign_lane set ${stateSums},
    deferred_then_accepted = campaign_lane.deferred_then_accepted + delta.deferred_then_accepted,
    last_unknown_at = greatest(campaign_lane.last_unknown_at, delta.unknown_at)
  from delta join locked using (campaign, lane)
  where campaign_lane.campaign = delta.campaign and campaign_lane.lane = delta.lane`;

const saveCounters = async (tx: Sql, deltas: readonly CounterDelta[]): Promise<void> => {
  if (deltas.length === 0) return;
  await tx.query(moveCounters, [
    deltas.map((delta) => delta.campaign),
    deltas.map((delta) => delta.lane),
    ...recipientStates.map((state) => deltas.map((delta) => delta.states[state] ?? 0)),
    deltas.map((delta) => delta.deferredThenAccepted),
    deltas.map((delta) => delta.unknownAt),
  ]);
};

/** A lane that gave messages of a campaign back as too busy gets fewer of it at once. */
const narrowWindows = async (tx: Sql, deltas: readonly CounterDelta[]): Promise<void> => {
  for (const { campaign, lane } of deltas.filter(({ busy }) => busy > 0)) {
    const [row] = await tx.query<{ send_window: number }>(
      'select send_window from campaign_lane where campaign = $1 and lane = $2',
      [campaign, lane],
    );
    const values = [campaign, lane, narrowedWindow(row?.send_window ?? 0)];
    await tx.query('update campaign_lane set send_window = $3 where campaign = $1 and lane = $2', values);
  }
};

const upsertPauses = `
  insert into pool_pause (lane, pool_id, strikes, until, reason)
  select $1, * from unnest($2::text[], $3::int[], $4::bigint[], $5::text[]) as new (pool_id, strikes, until, reason) order by pool_id
  on conflict (lane, pool_id) do update set strikes = excluded.strikes, until = excluded.until, reason = excluded.reason`;

export const savePauses = async (tx: Sql, lane: number, pools: readonly PoolPause[]): Promise<void> => {
  const paused = pools.filter(({ strikes }) => strikes > 0);
  const over = pools.filter(({ strikes }) => strikes === 0);
  if (paused.length > 0) {
    const values = [
      lane,
      paused.map((pool) => pool.poolId),
      paused.map((pool) => pool.strikes),
      paused.map((pool) => pool.until),
      paused.map((pool) => pool.reason),
    ];
    await tx.query(upsertPauses, values);
  }
  if (over.length > 0) {
    const text = 'delete from pool_pause where lane = $1 and pool_id = any($2::text[])';
    await tx.query(text, [lane, over.map((pool) => pool.poolId)]);
  }
};

export type Changes = {
  readonly changes: readonly RecipientChange[];
  readonly counters: readonly CounterDelta[];
};

/** The caller holds the locks of the changed recipients, and saves the pauses of pools last. */
export const saveChanges = async (tx: Sql, { changes, counters }: Changes): Promise<void> => {
  await saveRows(
    tx,
    changes.filter(isChanged).map((change) => change.after),
  );
  await saveFacts(tx, changes);
  await saveCounters(tx, counters);
  await narrowWindows(tx, counters);
};
