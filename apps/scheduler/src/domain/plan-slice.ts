/** Which recipients go into the next slice of a lane: fair over the running campaigns, due retries first, within each campaign's window. */
import { laneLimits } from '@sendpool/contracts';
import { probed, type PoolPause } from './pool-pause.ts';
import type { RetryPolicy } from './recipient.ts';

/** A running campaign as it stands in one lane. */
export type CampaignInLane = {
  /** campaign.number */
  readonly campaign: number;
  readonly id: string;
  readonly revision: number;
  readonly poolId: string;
  /** The request that started it, when that is traced. */
  readonly trace?: string | undefined;
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
export type SliceShare = { readonly campaign: number; readonly due: number; readonly fresh: number };

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
  /** Pauses of the pools that this slice probes, with the time of the next probe. */
  readonly probed: readonly PoolPause[];
};

export type SliceLimits = {
  /** Send requests in one slice, at most. */
  readonly slice: number;
  /** Send requests that find out whether a paused pool has a server again. */
  readonly probe: number;
};

export const defaultSliceLimits: SliceLimits = { slice: laneLimits.slice, probe: 5 };

const smallestWindow = 32;

/** The window grows while the campaign sends … */
export const widenedWindow = (window: number, taken: number): number =>
  Math.min(laneLimits.campaignWindow, window + Math.ceil(taken / 8));

/** … and is halved when the lane gave messages back because it was too full. */
export const narrowedWindow = (window: number): number => Math.max(smallestWindow, Math.floor(window / 2));

type Demand = { readonly campaign: CampaignInLane; readonly wanted: number };

const demandOf = (campaign: CampaignInLane): Demand => ({
  campaign,
  wanted: Math.max(0, Math.min(campaign.window - campaign.inFlight, campaign.due + campaign.fresh)),
});

/** Equal parts for all, and what one does not need for the others. */
const divide = (demands: readonly Demand[], room: number): Map<Demand, number> => {
  const shares = new Map<Demand, number>();
  let left = room;
  let others = demands.length;
  for (const demand of demands.toSorted((a, b) => a.wanted - b.wanted)) {
    const share = Math.min(demand.wanted, Math.floor(left / others));
    shares.set(demand, share);
    left -= share;
    others--;
  }
  return shares;
};

/** More campaigns than places: each turn begins at another one. */
const rotated = (demands: readonly Demand[], turn: number, room: number): readonly Demand[] => {
  if (demands.length <= room) return demands;
  const first = turn % demands.length;
  return [...demands.slice(first), ...demands.slice(0, first)].slice(0, room);
};

const shareOf = ({ campaign }: Demand, places: number): SliceShare => {
  const due = Math.min(campaign.due, places);
  return { campaign: campaign.campaign, due, fresh: places - due };
};

const planGroup = (demands: readonly Demand[], turn: number, room: number): SliceShare[] => {
  const shares = divide(rotated(demands, turn, room), room);
  return [...shares].filter(([, places]) => places > 0).map(([demand, places]) => shareOf(demand, places));
};

export type SliceInput = {
  readonly campaigns: readonly CampaignInLane[];
  readonly pauses: readonly PoolPause[];
  readonly now: number;
  /** Grows with each slice of the lane. */
  readonly turn: number;
};

export const planSlice = (input: SliceInput, limits: SliceLimits, policy: RetryPolicy): SlicePlan => {
  const paused = new Map(input.pauses.filter(({ strikes }) => strikes > 0).map((pause) => [pause.poolId, pause]));
  const demands = input.campaigns.map(demandOf).filter(({ wanted }) => wanted > 0);
  const open = demands.filter(({ campaign }) => !paused.has(campaign.poolId));
  const shares = planGroup(open, input.turn, limits.slice);
  const probes: PoolPause[] = [];
  for (const pause of paused.values()) {
    const waiting = demands.filter(({ campaign }) => campaign.poolId === pause.poolId);
    if (pause.until > input.now || waiting.length === 0) continue;
    shares.push(...planGroup(waiting, input.turn, limits.probe));
    probes.push(probed(pause, { now: input.now, policy }));
  }
  return { shares, probed: probes };
};
