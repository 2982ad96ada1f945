/** Takes the next slice of a lane in one transaction: gives out sequences, and keeps the records themselves as the intent. */
import { sendRequestsTopic } from '@sendpool/contracts';
import { published } from './apply-event.ts';
import { countChanges } from './counters.ts';
import type { Candidate, LaneStore, SliceRequest, SliceTransaction } from './lane-store.ts';
import { planSlice, widenedWindow, type CampaignInLane, type CampaignTake, type SliceLimits } from './plan-slice.ts';
import type { SliceResult } from './publish-lane.ts';
import { withFacts, type RecipientChange, type RecipientRow, type RetryPolicy } from './recipient.ts';

export type TakeSliceDeps = {
  readonly store: Pick<LaneStore, 'slice'>;
  readonly limits: SliceLimits;
  readonly policy: RetryPolicy;
  /** Of a message that is to be traced: what says so in its record. */
  traceOf?(lane: number, campaign: CampaignInLane): string | undefined;
};

/** The work on one slice, changed in place. */
type Draft = {
  lastSequence: number;
  readonly records: string[];
  readonly changes: RecipientChange[];
  readonly traceOf: TakeSliceDeps['traceOf'];
};

const isFresh = ({ row }: Candidate): boolean => row.sequence < 0;

/** A doubt that stays a doubt: the contact asked for no more mail. */
const suppressed = (row: RecipientRow): RecipientRow => ({
  ...row,
  state: row.state === 'UNKNOWN' ? 'UNKNOWN' : 'SUPPRESSED',
  facts: withFacts(row.facts, { dueAt: null }),
});

const encode = (
  candidate: Candidate,
  campaign: CampaignInLane,
  at: { sequence: number; trace: string | undefined },
): string =>
  sendRequestsTopic.encode({
    type: 'SEND',
    lane: candidate.row.lane,
    sequence: at.sequence,
    campaignId: campaign.id,
    campaignRevision: campaign.revision,
    recipient: candidate.row.number,
    email: candidate.email,
    fields: candidate.fields,
    tryNumber: candidate.row.tries + 1,
    serverHint: candidate.row.facts.serverHint,
    trace: at.trace,
  });

const take = (draft: Draft, candidate: Candidate, campaign: CampaignInLane): void => {
  const before = candidate.row;
  if (candidate.suppressed) {
    draft.changes.push({ before, after: suppressed(before) });
    return;
  }
  draft.lastSequence++;
  const trace = draft.traceOf?.(before.lane, campaign);
  draft.records.push(encode(candidate, campaign, { sequence: draft.lastSequence, trace }));
  draft.changes.push({ before, after: published(before, draft.lastSequence) });
};

const takeOf = (campaign: CampaignInLane, lane: number, candidates: readonly Candidate[]): CampaignTake => {
  const own = candidates.filter(({ row }) => row.campaign === campaign.campaign);
  const fresh = own.filter(isFresh).map(({ row }) => row.number);
  return {
    campaign: campaign.campaign,
    lane,
    fresh: fresh.length,
    nextNumber: fresh.length === 0 ? null : Math.max(...fresh) + 1,
    window: widenedWindow(campaign.window, own.length),
  };
};

type Filled = { readonly lastSequence: number; readonly records: readonly string[] };

const fillSlice = async (
  tx: SliceTransaction,
  request: SliceRequest & { now: number },
  deps: TakeSliceDeps,
): Promise<Filled | undefined> => {
  const { lane, now, produced } = request;
  const { campaigns, pauses } = await tx.campaigns(lane, now);
  const plan = planSlice({ campaigns, pauses, now, turn: produced + 1 }, deps.limits, deps.policy);
  if (plan.shares.length === 0) return undefined;
  const candidates = await tx.candidates(lane, plan.shares, now);
  if (candidates.length === 0) return undefined;
  const byNumber = new Map(campaigns.map((campaign) => [campaign.campaign, campaign]));
  const draft: Draft = { lastSequence: produced, records: [], changes: [], traceOf: deps.traceOf };
  for (const candidate of candidates) take(draft, candidate, byNumber.get(candidate.row.campaign)!);
  const { lastSequence, records } = draft;
  await tx.save({
    intent: records.length === 0 ? undefined : { lastSequence, records },
    lastSequence,
    changes: draft.changes,
    counters: countChanges(draft.changes, now),
    takes: plan.shares.map((share) => takeOf(byNumber.get(share.campaign)!, lane, candidates)),
    pools: plan.probed,
  });
  return { lastSequence, records };
};

/** The transaction behind `LanePublisherDeps.takeSlice`. The slice has no records when all candidates were suppressed. */
export const createTakeSlice =
  (deps: TakeSliceDeps) =>
  (request: SliceRequest): Promise<SliceResult> =>
    deps.store.slice(async (tx): Promise<SliceResult> => {
      const locked = await tx.lock(request);
      if (locked === undefined) return { kind: 'LEASE_LOST' };
      const filled = await fillSlice(tx, { ...request, now: locked.now }, deps);
      if (filled !== undefined) return { kind: 'SLICE', ...filled };
      return { kind: 'EMPTY', nextDueAt: await tx.nextDueAt(request.lane, locked.now), now: locked.now };
    });
