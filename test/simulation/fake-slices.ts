/** Leases and slices in the fake database. */
import type { LaneLease, SliceSave, SliceTransaction } from '../../apps/scheduler/src/domain/lane-store.ts';
import type { SliceShare } from '../../apps/scheduler/src/domain/plan-slice.ts';
import type { RecipientRow } from '../../apps/scheduler/src/domain/recipient.ts';
import { count, laneOf, savePauses, store, type FakeCampaign, type FakeDatabase } from './fake-database.ts';
import { violate } from './world.ts';

export const acquire = (database: FakeDatabase, lane: number, owner: string): LaneLease | undefined => {
  const row = database.lanes[lane]!;
  const { now } = database.world;
  if (row.owner !== owner && row.owner !== undefined && row.until > now) return undefined;
  if (row.owner !== owner) {
    row.owner = owner;
    row.epoch++;
  }
  row.until = now + database.leaseMs;
  return { lane, epoch: row.epoch, lastSequence: row.lastSequence, intent: row.intent };
};

const isFresh = (row: RecipientRow): boolean => row.state === 'PENDING' && row.sequence < 0;

const isDue = (row: RecipientRow, now: number): boolean => row.facts.dueAt !== null && row.facts.dueAt <= now;

const isRunning = (campaign: FakeCampaign): boolean =>
  campaign.status === 'SENDING' && campaign.acknowledged === campaign.revision;

const rowsIn = (database: FakeDatabase, lane: number, campaign: number): RecipientRow[] =>
  [...database.rows.values()].filter((row) => row.lane === lane && row.campaign === campaign);

const candidatesOf = (database: FakeDatabase, lane: number, share: SliceShare): RecipientRow[] => {
  const { now } = database.world;
  const rows = rowsIn(database, lane, share.campaign);
  const due = rows.filter((row) => isDue(row, now)).sort((a, b) => a.facts.dueAt! - b.facts.dueAt!);
  const from = laneOf(database, share.campaign, lane, 0).nextNumber;
  const fresh = rows.filter((row) => isFresh(row) && row.number >= from);
  return [...due.slice(0, share.due), ...fresh.slice(0, share.fresh)];
};

const saveSlice = (database: FakeDatabase, lane: number, slice: SliceSave): void => {
  store(database, slice.changes);
  count(database, slice.counters);
  for (const take of slice.takes) {
    const counted = laneOf(database, take.campaign, lane, 0);
    counted.nextNumber = take.nextNumber ?? counted.nextNumber;
  }
  for (const { campaign } of slice.takes) {
    const { states, window } = laneOf(database, campaign, lane, 0);
    if (states.get('IN_FLIGHT')! > window)
      violate(database.world, 'window-exceeded', `campaign ${campaign} lane ${lane}`);
  }
  savePauses(database, slice.pools);
  const row = database.lanes[lane]!;
  row.lastSequence = slice.lastSequence;
  row.intent = slice.intent;
};

/** The steps of one slice. They all run in one go, so nothing comes between them. */
export const sliceTransaction = (database: FakeDatabase): SliceTransaction => {
  let locked = -1;
  return {
    lock: async ({ lane, epoch, produced }) => {
      const row = database.lanes[lane]!;
      if (row.epoch !== epoch || row.lastSequence !== produced) return undefined;
      locked = lane;
      row.until = database.world.now + database.leaseMs;
      return { now: database.world.now };
    },
    campaigns: async (lane, now) => ({
      campaigns: [...database.campaigns.values()].filter(isRunning).map((campaign) => {
        const rows = rowsIn(database, lane, campaign.number);
        const counted = laneOf(database, campaign.number, lane, 0);
        return {
          campaign: campaign.number,
          id: campaign.id,
          revision: campaign.revision,
          poolId: campaign.poolId,
          inFlight: counted.states.get('IN_FLIGHT') ?? 0,
          window: counted.window,
          due: rows.filter((row) => isDue(row, now)).length,
          fresh: rows.filter(isFresh).length,
        };
      }),
      pauses: [...database.pauses.values()],
    }),
    candidates: async (lane, shares) =>
      shares
        .flatMap((share) => candidatesOf(database, lane, share))
        .map((row) => ({ row, email: `r${row.campaign}.${row.number}@example.com`, fields: '{}', suppressed: false })),
    save: async (slice) => saveSlice(database, locked, slice),
    nextDueAt: async (lane, now) => {
      const due = [...database.rows.values()]
        .filter((row) => row.lane === lane && row.facts.dueAt !== null && row.facts.dueAt > now)
        .map((row) => row.facts.dueAt!);
      const pauses = [...database.pauses.values()].map(({ until }) => until).filter((until) => until > now);
      const all = [...due, ...pauses];
      return all.length === 0 ? null : Math.min(...all);
    },
  };
};
