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

export const serverKinds = ['SMTP', 'SES'] as const;
export type ServerKind = (typeof serverKinds)[number];

export const limitModes = ['OVERFLOW', 'WAIT'] as const;
/** OVERFLOW: a server at a declared limit is passed over, its share goes to the others. WAIT: its messages wait for it. */
export type LimitMode = (typeof limitModes)[number];

export const sendingLimits = [
  'MESSAGES_PER_SECOND',
  'MESSAGES_PER_MINUTE',
  'MESSAGES_PER_HOUR',
  'MESSAGES_PER_DAY',
  'MAX_CONNECTIONS',
  'WARM_UP',
] as const;
/** What a server can be limited by. */
export type SendingLimit = (typeof sendingLimits)[number];
/** The limit of a field, as in `messagesPerDay` or `warmUp`; undefined: not known here. */
export const sendingLimitOf = (field: string): SendingLimit | undefined =>
  sendingLimits.find((limit) => limit.replaceAll('_', '') === field.toUpperCase());

export const providerModes = ['SPREAD', 'AFFINITY'] as const;
/** SPREAD: each mailbox provider sees every server of the pool by weight. AFFINITY: each sees one server as long as that one may send. */
export type ProviderMode = (typeof providerModes)[number];

export const rotateOutRules = ['SIGNIFICANT', 'LITERAL', 'OFF'] as const;
/** SIGNIFICANT: surely above the limit and worse than the rest of the pool. LITERAL: above the limit after a minimum of sends. */
export type RotateOutRule = (typeof rotateOutRules)[number];

export const rotationStates = ['IN', 'OUT', 'PROBATION'] as const;
/** OUT: rotated out, gets nothing. PROBATION: back with a tenth of its weight, judged more strictly. */
export type RotationState = (typeof rotationStates)[number];

export const verdictKinds = ['EJECT', 'RETURN', 'PROMOTE', 'BAD_LIST', 'WARN', 'HOLD_WARM_UP'] as const;
/**
 * What stats finds about a server in a pool. EJECT: rotate it out. RETURN: its time is over, begin probation. PROMOTE: probation passed.
 * BAD_LIST: it is the list, pause the campaigns. WARN: above the limit, not surely. HOLD_WARM_UP: no larger day for now.
 */
export type VerdictKind = (typeof verdictKinds)[number];

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
