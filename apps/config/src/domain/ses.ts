/** Amazon SES by its v2 API: what a server of kind SES has beside the others, and what its account says of itself. */
import type { SmtpStage } from '@sendpool/contracts';
import type { SendingLimits } from './limits.ts';

/** What GetAccount of the SES v2 API says. */
export type SesAccount = {
  readonly sendingEnabled: boolean;
  /** False: the account is in the sandbox and may write to verified addresses alone. */
  readonly productionAccess: boolean;
  /** Messages a second. */
  readonly maxSendRate: number;
  /** Messages in any 24 hours; null = no limit. */
  readonly max24HourSend: number | null;
  readonly sentLast24Hours: number;
  /** HEALTHY, PROBATION or SHUTDOWN. */
  readonly enforcementStatus: string;
  readonly checkedAt: Date;
};

export type SesSettings = {
  readonly region: string;
  readonly configurationSet: string | null;
  /** Null until a verification has asked for it. */
  readonly account: SesAccount | null;
};

export type SesQuestion = {
  readonly region: string;
  /** As in `https://email.eu-central-1.amazonaws.com:443`. */
  readonly endpoint: string;
  /** Null: those of the process (the default AWS chain). */
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string } | null;
  readonly caCertificate: string | null;
};

/** Asks SES for the account. Its message names no secret. */
export type AskSesAccount = (
  question: SesQuestion,
) => Promise<
  | { readonly ok: true; readonly account: Omit<SesAccount, 'checkedAt'> }
  | { readonly ok: false; readonly stage: SmtpStage; readonly message: string }
>;

/** Part of the account's rate that is used, so that the replicas' bursts stay below it (research/selection.md, section 4). */
const usedPart = 0.9;

export const sesPort = 443;
export const sesHost = (region: string): string => `email.${region}.amazonaws.com`;

/** Why the account may not send, in words; null when it may. */
export const accountFault = (account: Omit<SesAccount, 'checkedAt'>): string | null => {
  if (account.enforcementStatus === 'SHUTDOWN')
    return 'Amazon SES has shut the account down (enforcement status SHUTDOWN). Ask AWS support to review it.';
  if (!account.sendingEnabled)
    return 'Sending is paused for this Amazon SES account in this region. Enable it at AWS, then verify the server again.';
  return account.maxSendRate > 0 && account.max24HourSend !== 0
    ? null
    : 'The Amazon SES account has a quota of 0 messages in this region. Ask AWS for a sending quota.';
};

const least = (own: number | null, cap: number): number => Math.min(own ?? cap, cap);

/** The declared limits, no higher than the account allows. */
export const cappedBy = (limits: SendingLimits, account: SesAccount | null): SendingLimits => {
  if (account === null) return limits;
  const { maxSendRate, max24HourSend } = account;
  return {
    ...limits,
    messagesPerSecond: least(limits.messagesPerSecond, usedPart * maxSendRate),
    messagesPerDay:
      max24HourSend !== null ? least(limits.messagesPerDay, Math.floor(max24HourSend)) : limits.messagesPerDay,
  };
};
