/** What a refusal means: the stage and the reply decide between the server's fault, a deferral and a bounce. Pure. */
import type { BounceClass, SmtpReply, SmtpStage } from '@sendpool/contracts';
import type { FailureKind } from './server.ts';

/** Why a server refused, as a word for machines. */
export type RefusalReason =
  | 'GREYLISTED'
  | 'MAILBOX_UNKNOWN'
  | 'MAILBOX_DISABLED'
  | 'MAILBOX_FULL'
  | 'MAILBOX_BUSY'
  | 'DOMAIN_UNREACHABLE'
  | 'SENDER_ADDRESS'
  | 'POLICY'
  | 'SPAM_OR_REPUTATION'
  | 'CONTENT'
  | 'TOO_LARGE'
  | 'PROTOCOL'
  | 'TEMPORARY'
  | 'REFUSED'
  | 'BAD_ADDRESS';

export type Refusal =
  | { kind: 'SERVER_FAILURE'; failure: 'CONNECTION' | 'THROTTLE' | 'SENDER_REFUSED' | 'AUTH' }
  | { kind: 'DEFERRED' | 'BOUNCED'; bounceClass: BounceClass; reason: RefusalReason };

type Verdict = readonly [BounceClass, RefusalReason];

const throttleWords = /\btoo many\b|\brate\b|\bthrottl/i;
const greylistWords = /gr[ea]y-?list/i;

/** True for replies that ask the client to slow down, whatever the recipient. A mailbox that is too busy (4.2.x) is not one. */
const isThrottle = (reply: SmtpReply): boolean => {
  if (reply.code === 421 || reply.code === 454) return true;
  if (reply.code >= 500 || greylistWords.test(reply.text)) return false;
  return throttleWords.test(reply.text) && reply.enhanced?.startsWith('4.2.') !== true;
};

const isLoginWanted = (reply: SmtpReply): boolean => reply.code === 530 || reply.code === 535 || reply.code === 538;

/** Exact rows first, then the subject alone (RFC 3463; IANA registry of enhanced status codes). */
const byEnhanced: Readonly<Record<string, Verdict>> = {
  '1.7': ['BLOCK', 'SENDER_ADDRESS'],
  '1.8': ['BLOCK', 'SENDER_ADDRESS'],
  '1': ['HARD', 'MAILBOX_UNKNOWN'],
  '2.0': ['HARD', 'MAILBOX_DISABLED'],
  '2.1': ['HARD', 'MAILBOX_DISABLED'],
  '2.2': ['SOFT', 'MAILBOX_FULL'],
  '2.3': ['BLOCK', 'TOO_LARGE'],
  '2': ['SOFT', 'MAILBOX_BUSY'],
  '3.4': ['BLOCK', 'TOO_LARGE'],
  '3': ['SOFT', 'TEMPORARY'],
  '4': ['HARD', 'DOMAIN_UNREACHABLE'],
  '5': ['SOFT', 'PROTOCOL'],
  '6': ['BLOCK', 'CONTENT'],
  '7': ['BLOCK', 'POLICY'],
};

/** For replies without an enhanced status, or with an empty one (5.0.0). The first row that matches decides. */
const byWords: readonly (readonly [RegExp, Verdict])[] = [
  [/\bspam\b|black-?list|block-?list|\bdnsbl\b|\brbl\b|reputation|spamhaus/i, ['BLOCK', 'SPAM_OR_REPUTATION']],
  [/\bpolicy\b|\bdmarc\b|\bspf\b|\bdkim\b|relay|not permitted|access denied|\bblocked\b/i, ['BLOCK', 'POLICY']],
  [/full\b|over ?quota|quota exceeded|exceeded storage/i, ['SOFT', 'MAILBOX_FULL']],
  [/disabled|inactive|suspended|deactivated/i, ['HARD', 'MAILBOX_DISABLED']],
  [/unknown|no such|not found|does ?n[o']t exist|invalid|no mailbox|unrouteable/i, ['HARD', 'MAILBOX_UNKNOWN']],
  [/too (?:large|big)|size limit|exceeds.*size/i, ['BLOCK', 'TOO_LARGE']],
];

const verdictByEnhanced = (enhanced: string | null): Verdict | undefined => {
  const [, subject = '', detail = ''] = enhanced?.split('.') ?? [];
  return byEnhanced[`${subject}.${detail}`] ?? byEnhanced[subject];
};

/** A bare code: 552 is storage, 550, 551 and 553 at RCPT are the mailbox, anything after the dot is the content. */
const verdictByCode = (stage: SmtpStage, code: number): Verdict => {
  if (code === 552) return ['SOFT', 'MAILBOX_FULL'];
  if (code >= 500 && code <= 504) return ['SOFT', 'PROTOCOL'];
  if (stage !== 'RCPT') return ['BLOCK', 'CONTENT'];
  return code === 550 || code === 551 || code === 553 ? ['HARD', 'MAILBOX_UNKNOWN'] : ['BLOCK', 'REFUSED'];
};

const bounceOf = (stage: SmtpStage, reply: SmtpReply): Verdict =>
  verdictByEnhanced(reply.enhanced) ??
  byWords.find(([words]) => words.test(reply.text))?.[1] ??
  verdictByCode(stage, reply.code);

const deferralReason = (reply: SmtpReply): RefusalReason => {
  if (greylistWords.test(reply.text)) return 'GREYLISTED';
  if (reply.enhanced === '4.2.2' || reply.code === 452) return 'MAILBOX_FULL';
  if (reply.enhanced?.startsWith('4.2.') === true) return 'MAILBOX_BUSY';
  return reply.enhanced?.startsWith('4.7.') === true ? 'POLICY' : 'TEMPORARY';
};

const stagesOfTheRecipient: ReadonlySet<SmtpStage> = new Set(['RCPT', 'DATA', 'CONTENT', 'END_OF_DATA']);

/** The meaning of a reply that is not positive. Replies to MAIL and before it are never about the recipient. */
export const classifyRefusal = (stage: SmtpStage, reply: SmtpReply): Refusal => {
  if (isThrottle(reply)) return { kind: 'SERVER_FAILURE', failure: 'THROTTLE' };
  if (isLoginWanted(reply)) return { kind: 'SERVER_FAILURE', failure: 'AUTH' };
  const isTemporary = reply.code >= 400 && reply.code < 500;
  if (!isTemporary && reply.code < 500) return { kind: 'SERVER_FAILURE', failure: 'CONNECTION' };
  if (!stagesOfTheRecipient.has(stage)) {
    if (stage !== 'MAIL') return { kind: 'SERVER_FAILURE', failure: isTemporary ? 'THROTTLE' : 'CONNECTION' };
    return { kind: 'SERVER_FAILURE', failure: isTemporary ? 'THROTTLE' : 'SENDER_REFUSED' };
  }
  if (isTemporary) return { kind: 'DEFERRED', bounceClass: 'SOFT', reason: deferralReason(reply) };
  const [bounceClass, reason] = bounceOf(stage, reply);
  return { kind: 'BOUNCED', bounceClass, reason };
};

/** The meaning of a failure to open a connection. */
export const classifyOpening = (stage: SmtpStage, reply: SmtpReply | null): FailureKind => {
  if (reply === null || reply.code < 400) return 'CONNECTION';
  const refusal = classifyRefusal(stage, reply);
  if (refusal.kind === 'SERVER_FAILURE' && refusal.failure === 'AUTH') return 'AUTH';
  if (stage === 'AUTH' && reply.code >= 500) return 'AUTH';
  return refusal.kind === 'SERVER_FAILURE' && refusal.failure === 'THROTTLE' ? 'THROTTLE' : 'CONNECTION';
};
