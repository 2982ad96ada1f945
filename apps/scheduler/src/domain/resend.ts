/**
 * Sends to recipients once more whose outcome is unknown or that came to nothing. For an UNKNOWN one this may make a second copy: under HOLD it
 * is the one way to do that, so somebody asks for it, once for each request, and it is written down.
 */
import { createHash } from 'node:crypto';
import { keyFaults } from '@sendpool/contracts';
import type { Campaign, CampaignPatch } from './campaign.ts';
import { badInput, conflict, done, refuse, type Refusal, type Result } from './refusal.ts';

export const resendStates = ['UNKNOWN', 'EXPIRED', 'BOUNCED'] as const;
type ResendState = (typeof resendStates)[number];

export type ResendInput = {
  readonly campaignId: string;
  /** Recipients in these states. Empty: in any of them, when recipients are named. */
  readonly states: readonly ResendState[];
  /** Numbers of recipients; null: all of the campaign. */
  readonly recipientNumbers: readonly number[] | null;
  /** The same key asks for the same resend. */
  readonly idempotencyKey: string;
};

/** What was asked for and done, for good. */
export type Resend = {
  readonly id: string;
  readonly createdAt: Date;
  /** `Viewer.id` of who asked. */
  readonly actor: string;
  readonly states: readonly ResendState[];
  /** How many recipients were named; null: all in these states. */
  readonly named: number | null;
  /** Recipients that wait to be sent to once more since then. */
  readonly count: number;
};

/** A resend that was looked at, as the store carries it out. */
export type ResendOrder = Pick<Resend, 'id' | 'createdAt' | 'actor' | 'states'> &
  Pick<ResendInput, 'recipientNumbers' | 'idempotencyKey'> & {
    /** Of what is asked for. */
    readonly digest: string;
    /** An UNKNOWN one is not sent to before its conversation can have ended: so long after the newest doubt, milliseconds. */
    readonly graceMs: number;
  };

export type Resent = { readonly campaign: Campaign; readonly resend: Resend };

export type ResendStore = {
  /**
   * One transaction under the lock of the campaign. A key that was used before answers what was done then, or is a conflict when it asked for
   * something else. Otherwise `decide` may refuse; its patch is stored when any recipient was found.
   */
  resend(
    campaignId: string,
    order: ResendOrder,
    decide: (campaign: Campaign) => Result<CampaignPatch>,
  ): Promise<Result<Resent>>;
  /** The newest first, at most 100 of each campaign. */
  resends(campaignIds: readonly string[]): Promise<ReadonlyMap<string, Resend[]>>;
};

const most = 10_000;
const isNumber = (value: number): boolean => Number.isInteger(value) && value >= 0 && value <= 2_147_483_647;

/** Everything that is wrong with the request itself. */
export const resendFaults = ({ states, recipientNumbers, idempotencyKey }: ResendInput): Refusal[] => {
  const faults = keyFaults(idempotencyKey);
  if (recipientNumbers === null && states.length === 0)
    faults.push(badInput('name states or recipients: nothing is sent to again by accident', 'states'));
  if (recipientNumbers === null && states.includes('BOUNCED'))
    faults.push(badInput('a bounced recipient is sent to again only when it is named by its number', 'states'));
  if (recipientNumbers !== null && (recipientNumbers.length === 0 || recipientNumbers.length > most))
    faults.push(badInput(`must be 1 to ${most} numbers`, 'recipientNumbers'));
  if (recipientNumbers?.every(isNumber) === false)
    faults.push(badInput('a number of a recipient is a whole one from 0 on', 'recipientNumbers'));
  return faults;
};

/** What it asks for, whatever the order of its lists. */
export const resendDigest = ({
  states,
  recipientNumbers,
}: Pick<ResendInput, 'states' | 'recipientNumbers'>): string => {
  const numbers = recipientNumbers === null ? null : [...new Set(recipientNumbers)].sort((a, b) => a - b);
  const asked = JSON.stringify([[...new Set(states)].sort(), numbers]);
  return createHash('sha256').update(asked).digest('base64');
};

const path = ['input', 'campaignId'] as const;

/** A campaign that has finished sends again; its next end is another revision. */
export const decideResend = (campaign: Campaign): Result<CampaignPatch> => {
  if (campaign.status === 'FINISHED') return done({ status: 'SENDING', finishedAt: null });
  if ((campaign.status === 'SENDING' || campaign.status === 'PAUSED') && campaign.prepared) return done({});
  const message = `the campaign is ${campaign.status}: only one that is SENDING, PAUSED or FINISHED can be sent again`;
  return refuse(conflict(campaign.prepared ? message : `${message}, and its recipients must be written down`, path));
};
