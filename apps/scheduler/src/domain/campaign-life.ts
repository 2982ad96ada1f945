/** The steps a campaign takes by itself: start at its time, write its audience down, sweep what was cancelled, finish. */
import type { CampaignRecord } from '@sendpool/contracts';

/** What the steps need of the store; each call is one transaction, does at most one chunk, and can be repeated. */
export type CampaignLifeStore = {
  /** Ids of SCHEDULED campaigns whose time has come. */
  dueToStart(now: Date): Promise<string[]>;
  /** Numbers of campaigns by what is to be done with them. */
  workWaiting(): Promise<{ prepare: number[]; sweep: number[]; finish: number[] }>;
  /** Writes the next contacts down as recipients. DONE: the campaign sends now, or is not PREPARING any more. */
  prepareChunk(campaign: number, lanes: number): Promise<'MORE' | 'DONE'>;
  /** Makes the next PENDING and DEFERRED recipients of a cancelled campaign CANCELLED. */
  sweepChunk(campaign: number): Promise<'MORE' | 'DONE'>;
  /** FINISHED when nothing waits, is in flight, or is in doubt for less than `graceMs`. */
  finishIfDone(campaign: number, now: Date, graceMs: number): Promise<boolean>;
};

/** The outbox of sendpool.campaigns: a revision is published after its transaction until the log has it. */
export type CampaignOutbox = {
  unacknowledged(max: number): Promise<CampaignRecord[]>;
  /** Ids of the campaigns that have an acknowledged revision and are not at their end. */
  running(): Promise<string[]>;
  /** The log has these revisions. One above that of the row changes nothing: the database was restored. */
  acknowledge(records: readonly Pick<CampaignRecord, 'id' | 'revision'>[]): Promise<void>;
  /** Of these ids the campaigns whose acknowledged revision is newer than the one seen last in the log. */
  newerThan(seen: ReadonlyMap<string, number>): Promise<CampaignRecord[]>;
  /** Of these ids those of which the log has seen a newer revision than the row, or that have no row: the database was restored. */
  olderThan(seen: ReadonlyMap<string, number>): Promise<{ readonly id: string; readonly isKnown: boolean }[]>;
};

export type CampaignLifeDeps = {
  store: CampaignLifeStore;
  /** Starts a scheduled campaign; false when it was refused. */
  start(id: string): Promise<boolean>;
  /** Called after each step that may have made work for the lanes or the outbox. */
  moved(): void;
  now(): number;
  lanes: number;
  graceMs: number;
};

/** A scheduled campaign that was refused is tried again after this time, milliseconds. */
const refusedPause = 30_000;

const startDue = async (deps: CampaignLifeDeps, notBefore: Map<string, number>): Promise<void> => {
  for (const id of await deps.store.dueToStart(new Date(deps.now()))) {
    if ((notBefore.get(id) ?? 0) > deps.now()) continue;
    if (await deps.start(id)) notBefore.delete(id);
    else notBefore.set(id, deps.now() + refusedPause);
  }
};

const takeSteps = async (deps: CampaignLifeDeps): Promise<{ moved: boolean; more: boolean }> => {
  const work = await deps.store.workWaiting();
  const chunks: ('MORE' | 'DONE')[] = [];
  for (const campaign of work.prepare) chunks.push(await deps.store.prepareChunk(campaign, deps.lanes));
  for (const campaign of work.sweep) chunks.push(await deps.store.sweepChunk(campaign));
  let finished = false;
  for (const campaign of work.finish) {
    finished = (await deps.store.finishIfDone(campaign, new Date(deps.now()), deps.graceMs)) || finished;
  }
  return { moved: finished || chunks.length > 0, more: chunks.includes('MORE') };
};

/** One turn over all campaigns. Resolves true when there is more to do at once. */
export const createTendCampaigns = (deps: CampaignLifeDeps): (() => Promise<boolean>) => {
  const notBefore = new Map<string, number>();
  return async () => {
    await startDue(deps, notBefore);
    const { moved, more } = await takeSteps(deps);
    if (moved) deps.moved();
    return more;
  };
};
