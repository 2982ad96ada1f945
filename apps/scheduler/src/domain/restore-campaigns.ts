/**
 * Brings campaigns and their topic together after the database was restored to an older state. What the log has newer is taken from it: a
 * cancel or a pause must not be undone. Every campaign that runs gets a revision far above, so that a record of the lost time that comes
 * late changes nothing.
 */
import type { CampaignRecord, CampaignStatus } from '@sendpool/contracts';
import type { CampaignRestoreStore, CampaignStand } from './restore-store.ts';

export type RestoreCampaignsDeps = {
  readonly store: CampaignRestoreStore;
  /** Newest record of each campaign in the log. */
  records(): Promise<CampaignRecord[]>;
  publish(record: CampaignRecord): Promise<void>;
};

export type CampaignsReport = {
  /** Ids of campaigns whose status and content were taken from the log. */
  readonly adopted: readonly string[];
  /** … of which the log knows and the database does not: senders stop them. */
  readonly orphans: readonly string[];
  /** Number of those that only got a higher revision. */
  readonly lifted: number;
};

/** Above every revision that was made in the lost time. */
const distance = 1000;

const isOver = (status: CampaignStatus): boolean => status === 'FINISHED' || status === 'CANCELLED';

/** A campaign of the log that the database does not know, and that senders may be sending. */
export const isOrphan = ({ status }: Pick<CampaignRecord, 'status'>): boolean => !isOver(status);

/** Its recipients must be there before their publications can be taken over. Nothing is published while the log has it as PREPARING. */
const prepare = async (store: CampaignRestoreStore, row: CampaignStand, record: CampaignRecord): Promise<void> => {
  if (row.prepared || record.status === 'PREPARING') return;
  while ((await store.prepare(row.number)) === 'MORE');
};

/** The same revision with another status: somebody went on with the restored row. */
const isNewer = (record: CampaignRecord, row: CampaignStand): boolean =>
  record.revision > row.revision || (record.revision === row.revision && record.status !== row.status);

type Draft = { adopted: string[]; orphans: string[]; lifted: number };

const restoreOne = async (
  { store, publish }: RestoreCampaignsDeps,
  record: CampaignRecord,
  at: { row: CampaignStand | undefined; draft: Draft },
): Promise<void> => {
  const { row, draft } = at;
  const revision = Math.max(record.revision, row?.revision ?? 0) + distance;
  if (row === undefined) {
    if (!isOrphan(record)) return;
    await publish({ ...record, status: 'CANCELLED', revision });
    draft.orphans.push(record.id);
  } else if (isNewer(record, row)) {
    await prepare(store, row, record);
    await store.adopt(record, revision);
    draft.adopted.push(record.id);
  } else if (!isOver(row.status) && row.revision < record.revision + distance) {
    await store.lift(row.id, revision);
    draft.lifted++;
  }
};

export const restoreCampaigns = async (deps: RestoreCampaignsDeps): Promise<CampaignsReport> => {
  const rows = new Map((await deps.store.campaigns()).map((row) => [row.id, row]));
  const draft: Draft = { adopted: [], orphans: [], lifted: 0 };
  for (const record of await deps.records()) await restoreOne(deps, record, { row: rows.get(record.id), draft });
  return draft;
};
