/** What a refusal means: the stage and the reply decide between the server's fault, a deferral and a bounce. Pure. */
import type { BounceClass, SmtpReply, SmtpStage } from '@sendpool/contracts';
import { replyRules, type RefusalReason, type ReplyRule } from './reply-rules.ts';
import { retryAfterOf } from './retry-after.ts';
import type { FailureKind } from './server.ts';

/** What is about the message: it comes again, or it is over. */
type Judged = {
  kind: 'DEFERRED' | 'BOUNCED';
  bounceClass: BounceClass;
  reason: RefusalReason;
  /** Row of `replyRules` that said so. */
  rule: string;
  /** The reply asked to stay away so long, milliseconds. */
  retryAfterMs?: number;
};

export type Refusal =
  | {
      kind: 'SERVER_FAILURE';
      failure: 'CONNECTION' | 'THROTTLE' | 'SENDER_REFUSED' | 'AUTH';
      /** The reply asked to stay away so long, milliseconds. */
      retryAfterMs?: number;
    }
  | Judged;

/** An address may hold any word: `<spam@example.com>: user unknown` is not about spam. */
const withoutAddresses = (text: string): string => text.replaceAll(/<[^<>]*@[^<>]*>|[^\s<>:;,]+@[^\s<>:;,]+/g, ' ');

type Reading = {
  readonly code: string;
  readonly enhanced: string;
  readonly text: string;
  readonly stage: ReplyRule['stage'];
};

const matches = (rule: ReplyRule, { code, enhanced, text, stage }: Reading): boolean =>
  (rule.stage === undefined || rule.stage === stage) &&
  rule.code?.test(code) !== false &&
  rule.enhanced?.test(enhanced) !== false &&
  rule.words?.test(text) !== false;

/** The row of the table that a reply of code 4xx or 5xx falls under. */
export const ruleFor = (stage: SmtpStage, { code, enhanced, text }: SmtpReply): ReplyRule => {
  const reading: Reading = {
    code: String(code),
    enhanced: enhanced ?? '',
    text: withoutAddresses(text),
    stage: stage === 'RCPT' ? 'RCPT' : 'CONTENT',
  };
  return replyRules.find((rule) => matches(rule, reading)) ?? replyRules.at(-1)!;
};

const stagesOfTheRecipient: ReadonlySet<SmtpStage> = new Set(['RCPT', 'DATA', 'CONTENT', 'END_OF_DATA']);

const serverFailure = (
  failure: Extract<Refusal, { kind: 'SERVER_FAILURE' }>['failure'],
  retryAfterMs?: number,
): Refusal => ({ kind: 'SERVER_FAILURE', failure, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) });

/** Replies to MAIL and before it are never about the recipient. */
const beforeTheRecipient = (stage: SmtpStage, isTemporary: boolean, retryAfterMs: number | undefined): Refusal => {
  if (isTemporary) return serverFailure('THROTTLE', retryAfterMs);
  return serverFailure(stage === 'MAIL' ? 'SENDER_REFUSED' : 'CONNECTION');
};

/** The basic code says whether it is over; the table says why. What is not over counts against nobody: SOFT. */
const judge = (rule: ReplyRule, isTemporary: boolean, retryAfterMs: number | undefined): Judged => ({
  kind: isTemporary ? 'DEFERRED' : 'BOUNCED',
  bounceClass: isTemporary ? 'SOFT' : (rule.means as BounceClass),
  reason: rule.reason,
  rule: rule.id,
  ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
});

/** The meaning of a reply that is not positive. */
export const classifyRefusal = (stage: SmtpStage, reply: SmtpReply): Refusal => {
  const isTemporary = reply.code >= 400 && reply.code < 500;
  if (!isTemporary && (reply.code < 500 || reply.code > 599)) return serverFailure('CONNECTION');
  const rule = ruleFor(stage, reply);
  const retryAfterMs = retryAfterOf(reply.text);
  if (rule.means === 'THROTTLE') return serverFailure('THROTTLE', retryAfterMs);
  if (rule.means === 'LOGIN') return serverFailure('AUTH');
  if (!stagesOfTheRecipient.has(stage)) return beforeTheRecipient(stage, isTemporary, retryAfterMs);
  return judge(rule, isTemporary, retryAfterMs);
};

/** The meaning of a failure to open a connection. */
export const classifyOpening = (stage: SmtpStage, reply: SmtpReply | null): FailureKind => {
  if (reply === null || reply.code < 400) return 'CONNECTION';
  const refusal = classifyRefusal(stage, reply);
  if (refusal.kind === 'SERVER_FAILURE' && refusal.failure === 'AUTH') return 'AUTH';
  if (stage === 'AUTH' && reply.code >= 500) return 'AUTH';
  return refusal.kind === 'SERVER_FAILURE' && refusal.failure === 'THROTTLE' ? 'THROTTLE' : 'CONNECTION';
};
