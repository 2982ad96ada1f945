/** Puts the answer of an SMTP conversation into the words of an outcome event. */
import type { SendResult } from '@sendpool/smtp';
import type { GivenBack, Report } from '../domain/lane-types.ts';
import type { Task } from './task.ts';

/** Every end of a conversation but the failure of the server itself, which moves the message on. */
export type Verdict = Exclude<SendResult, { kind: 'SERVER_FAILURE' }>;

const blank = (task: Task) => ({
  poolId: task.pool.id,
  provider: task.provider,
  hops: [...task.hops],
  reply: null,
  bounceClass: null,
  reason: null,
  latencyMs: null,
});

/** A started message of which nothing was accepted anywhere. */
export const withoutTry = (task: Task, end: GivenBack): Report => ({ ...blank(task), serverId: null, ...end });

/** Servers took other messages, but not this one. */
export const serversFailed = (task: Task): Report => ({
  ...blank(task),
  serverId: null,
  outcome: 'DEFERRED',
  bounceClass: 'SOFT',
  reason: 'SERVERS_FAILED',
});

/** The message of this one recipient cannot be built: no server can help. */
export const renderFailed = (task: Task): Report => ({
  ...blank(task),
  serverId: null,
  outcome: 'BOUNCED',
  bounceClass: 'BLOCK',
  reason: 'RENDER_FAILED',
});

/** A field of the event that is left out when it says nothing. */
const given = <Name extends 'rule' | 'retryAfterMs' | 'remoteId'>(name: Name, value: Report[Name]): Partial<Report> =>
  value === undefined ? {} : { [name]: value };

/** `serverId` gave the result. */
export const reportOf = (task: Task, serverId: string, result: Verdict): Report => {
  const base = { ...blank(task), serverId, outcome: result.kind };
  switch (result.kind) {
    case 'ACCEPTED':
      return { ...base, ...given('remoteId', result.remoteId), reply: result.reply, latencyMs: result.latencyMs };
    case 'DEFERRED':
    case 'BOUNCED': {
      const { reply, bounceClass, reason, latencyMs, rule, retryAfterMs } = result;
      const extra = { ...given('rule', rule), ...given('retryAfterMs', retryAfterMs) };
      return { ...base, ...extra, reply, bounceClass, reason, latencyMs };
    }
    case 'UNKNOWN':
      return { ...base, reason: 'NO_REPLY' };
  }
};
