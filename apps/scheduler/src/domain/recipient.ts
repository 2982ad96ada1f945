/** A recipient as the delivery protocol sees it: its state, its present publication, and what is exceptional about it. */
import type { CampaignStatus, RecipientState, UnknownPolicy } from '@sendpool/contracts';

/** What most recipients never have; lives in a side table. */
export type RecipientFacts = {
  /** When it may be published (again), milliseconds since 1970: a PENDING one that came back, DEFERRED, or UNKNOWN under RESEND. Null: no time is set. */
  readonly dueAt: number | null;
  /** When it was DEFERRED for the first time. */
  readonly deferredAt: number | null;
  /** Publications that ended UNKNOWN. */
  readonly unknowns: number;
  /** Publications that no sender ever received (GAP). */
  readonly gaps: number;
  /** A former publication was ACCEPTED: the recipient becomes ACCEPTED when the one in flight ends. */
  readonly copyAccepted: boolean;
  /** Server that deferred the last try. */
  readonly serverHint: string | null;
  /** Code and text of the last reply that was not ACCEPTED. */
  readonly reply: string | null;
};

/** The facts of a recipient without a row in the side table. The same object each time, so that `===` tells. */
export const noFacts: RecipientFacts = {
  dueAt: null,
  deferredAt: null,
  unknowns: 0,
  gaps: 0,
  copyAccepted: false,
  serverHint: null,
  reply: null,
};

export type RecipientRow = {
  /** campaign.number */
  readonly campaign: number;
  /** Number of the recipient within its campaign. */
  readonly number: number;
  readonly state: RecipientState;
  /** The lane of its block; never changes. */
  readonly lane: number;
  /** Sequence of its newest publication in that lane; -1 before the first. */
  readonly sequence: number;
  readonly tries: number;
  readonly facts: RecipientFacts;
};

/** A row before and after; `after` is what is to be stored. When `facts` is the same object, the side table need not be touched; `noFacts` = no row there. */
export type RecipientChange = { readonly before: RecipientRow; readonly after: RecipientRow };

/** What the rules need to know of the campaign. */
export type CampaignRow = {
  readonly number: number;
  readonly id: string;
  readonly status: CampaignStatus;
  readonly poolId: string;
  readonly unknownPolicy: UnknownPolicy;
};

export type RetryPolicy = {
  /** Delay before each next try of a DEFERRED recipient; the last one repeats. */
  readonly delaysMs: readonly number[];
  /** 0 to 1: share of the delay that is random, to both sides. */
  readonly jitter: number;
  /** A recipient that was DEFERRED for the first time longer ago than this becomes EXPIRED. */
  readonly maxAgeMs: number;
  /** UNKNOWN under RESEND waits so long: the time-out of the reply after the final dot and a minute. */
  readonly unknownGraceMs: number;
  /** So many publications may end UNKNOWN; then the recipient stays so. */
  readonly maxUnknowns: number;
  /** So many publications may fall into gaps; then the recipient is BOUNCED as an invalid request. */
  readonly maxGaps: number;
  /** Delays of a pool without a server: the first, doubled each time, up to the last. */
  readonly poolPauseMs: { readonly first: number; readonly max: number };
  /** A recipient that came back for another reason than a pause waits so long. */
  readonly releaseDelayMs: number;
  /** How long a recipient waits whose mailbox provider is at its limit with every server, when the sender does not say when to come again. */
  readonly providerLimitDelayMs: number;
};

const minute = 60_000;
const hour = 60 * minute;

export const defaultRetryPolicy: RetryPolicy = {
  delaysMs: [minute, 5 * minute, 15 * minute, hour, 2 * hour, 4 * hour],
  jitter: 0.2,
  maxAgeMs: 72 * hour,
  unknownGraceMs: 11 * minute,
  maxUnknowns: 3,
  maxGaps: 3,
  poolPauseMs: { first: 1000, max: 30_000 },
  releaseDelayMs: 30_000,
  providerLimitDelayMs: 10 * 60_000,
};

/** The same facts with some changed; `noFacts` itself when nothing is exceptional any more. */
export const withFacts = (facts: RecipientFacts, patch: Partial<RecipientFacts>): RecipientFacts => {
  const merged = { ...facts, ...patch };
  const isPlain = (Object.keys(noFacts) as (keyof RecipientFacts)[]).every((key) => merged[key] === noFacts[key]);
  return isPlain ? noFacts : merged;
};
