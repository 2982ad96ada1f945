/** Which recipients go into the next slice of a lane: fair over the running campaigns, due retries first, within each campaign's window. */
import type { PoolPause } from './pool-pause.ts';

/** A running campaign as it stands in one lane. */
export type CampaignInLane = {
  readonly campaign: number;
  readonly id: string;
  readonly revision: number;
  readonly poolId: string;
  /** Recipients with a publication that is not settled. */
  readonly inFlight: number;
  /** Publications that may be unsettled at once in this lane; adapts, at most `laneLimits.campaignWindow`. */
  readonly window: number;
  /** Recipients whose time has come; need not be counted beyond a slice. */
  readonly due: number;
  /** Recipients never published; need not be counted beyond a slice. */
  readonly fresh: number;
};

/** How many recipients of a campaign to take: due ones and fresh ones. */
export type SliceShare = {
  readonly campaign: number;
  readonly due: number;
  readonly fresh: number;
};

/** What a campaign took part with. */
export type CampaignTake = {
  readonly campaign: number;
  readonly lane: number;
  /** Fresh candidates that were read (published or suppressed); the lane's place in the campaign moves past them. */
  readonly fresh: number;
  /** Number after the last fresh candidate read; null when there was none. */
  readonly nextNumber: number | null;
  /** The campaign's new window in this lane. */
  readonly window: number;
};

export type SlicePlan = {
  readonly shares: readonly SliceShare[];
  /** Pools that this slice probes. */
  readonly probed: readonly PoolPause[];
};
