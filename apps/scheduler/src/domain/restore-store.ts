/** What a restore needs of the store. Each function is one transaction that can be repeated; those of a lane name its epoch. */
import type { CampaignRecord } from '@sendpool/contracts';
import type { LaneInDatabase } from './lane-step.ts';
import type { Publication } from './take-over.ts';

export type HeldLane = LaneInDatabase & { readonly epoch: number };

/** A campaign as far as a restore looks at it. */
export type CampaignStand = Pick<CampaignRecord, 'id' | 'revision' | 'status'> & {
  readonly number: number;
  /** Its audience is written down as recipients. */
  readonly prepared: boolean;
};

export type LaneRestoreStore = {
  /** Takes or renews the lease; undefined while somebody else holds it. */
  hold(lane: number, owner: string): Promise<HeldLane | undefined>;
  release(held: HeldLane): Promise<void>;
  /** Publications become the present ones of their recipients (`takenOver`); resolves to the number of recipients changed. */
  takeOver(held: HeldLane, publications: readonly Publication[]): Promise<number | 'LEASE_LOST'>;
  /** Moves the position in delivery-events back to `offset` from where it was held, when that lies beyond. */
  rewind(held: HeldLane, offset: number): Promise<void>;
  /** The lane goes on behind its fence: the last sequence moves from the one held, and no intent is left. */
  finish(held: HeldLane, fence: number): Promise<'DONE' | 'LEASE_LOST'>;
};

export type CampaignRestoreStore = {
  campaigns(): Promise<CampaignStand[]>;
  /** Writes down the next recipients of a campaign that was started after the backup (`prepareChunk`). */
  prepare(campaign: number): Promise<'MORE' | 'DONE'>;
  /** Content and status of the record, under `revision`. A campaign that the log has as FINISHED sends: it ends when nothing is left. */
  adopt(record: CampaignRecord, revision: number): Promise<void>;
  /** Only the revision. */
  lift(id: string, revision: number): Promise<void>;
};
