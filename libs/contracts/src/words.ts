/** The words of the glossary (docs/architecture.md) as types; every service uses these and no others. */

export const outcomes = ['ACCEPTED', 'DEFERRED', 'BOUNCED', 'UNKNOWN', 'RELEASED', 'CANCELLED'] as const;
/** What became of one publication. ACCEPTED, DEFERRED and BOUNCED are definite. */
export type Outcome = (typeof outcomes)[number];
export const isDefinite = (outcome: Outcome): boolean =>
  outcome === 'ACCEPTED' || outcome === 'DEFERRED' || outcome === 'BOUNCED';

export const recipientStates = [
  'PENDING',
  'IN_FLIGHT',
  'ACCEPTED',
  'DEFERRED',
  'BOUNCED',
  'EXPIRED',
  'SUPPRESSED',
  'UNKNOWN',
  'CANCELLED',
] as const;
export type RecipientState = (typeof recipientStates)[number];

export const campaignStatuses = [
  'DRAFT',
  'SCHEDULED',
  'PREPARING',
  'SENDING',
  'PAUSED',
  'FINISHED',
  'CANCELLED',
] as const;
export type CampaignStatus = (typeof campaignStatuses)[number];

export const unknownPolicies = ['HOLD', 'RESEND'] as const;
/** HOLD: never twice. RESEND: never lost. */
export type UnknownPolicy = (typeof unknownPolicies)[number];

export const bounceClasses = ['HARD', 'BLOCK', 'SOFT'] as const;
/** HARD: the address is dead. BLOCK: sender, server or content refused. SOFT: try again. */
export type BounceClass = (typeof bounceClasses)[number];

export const breakerStates = ['CLOSED', 'OPEN', 'HALF_OPEN', 'SLOW_START'] as const;
export type BreakerState = (typeof breakerStates)[number];

export const tlsPolicies = ['REQUIRED', 'IMPLICIT', 'OPPORTUNISTIC', 'NONE'] as const;
export type TlsPolicy = (typeof tlsPolicies)[number];

export const roles = ['READER', 'OPERATOR', 'ADMIN'] as const;
/** What a key may do; each role may do what the ones before it may. */
export type Role = (typeof roles)[number];
export const mayActAs = (held: Role, needed: Role): boolean => roles.indexOf(held) >= roles.indexOf(needed);

/** Stages of an SMTP conversation in their order (RFC 5321). From END_OF_DATA on, a lost reply means UNKNOWN. */
export const smtpStages = [
  'CONNECT',
  'GREETING',
  'EHLO',
  'TLS',
  'AUTH',
  'MAIL',
  'RCPT',
  'DATA',
  'CONTENT',
  'END_OF_DATA',
] as const;
export type SmtpStage = (typeof smtpStages)[number];
