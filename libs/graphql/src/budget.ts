/** What the operations of a key may cost: each alone, and all of a minute together. The same on every transport. */
import type { Actor } from '@sendpool/contracts';
import { GraphQLError } from 'graphql';
import type { Check, Operation } from './admit.ts';
import { costFault, requestCost, type CostOf } from './cost.ts';
import type { RateLimit } from './rate-limit.ts';

export type BudgetOptions = { costOf: CostOf; maxCost: number; rateLimit: RateLimit };

export type Budget = {
  /** Pays for being heard, before anything of a request is read; undefined when the key may ask. `length` is that of its document. */
  begin(actor: Actor, length: number): GraphQLError | undefined;
  /** Refuses what costs too much, and pays for what is run. */
  check: Check;
  /** Pays for one more result of a stream: 0, or the milliseconds until it can be paid. */
  payMore(operation: Operation, actor: Actor): number;
  /** What is left, in the headers of draft-ietf-httpapi-ratelimit-headers. */
  headersOf(actor: Actor): Record<string, string>;
};

const minuteSeconds = 60;

/** Characters of a document that cost 1: reading and judging it takes time also when it is refused. */
const charactersForOne = 100;

const spent = (perMinute: number, retryAfterMs: number): GraphQLError => {
  const seconds = Math.ceil(retryAfterMs / 1000);
  const headers = new Map([['retry-after', String(seconds)]]);
  return new GraphQLError(
    `This key has spent its budget of ${perMinute} a minute: try again in ${seconds} s, or ask for less`,
    { extensions: { code: 'RATE_LIMITED', retryAfterSeconds: seconds, http: { status: 429, headers } } },
  );
};

export const createBudget = ({ costOf, maxCost, rateLimit }: BudgetOptions): Budget => {
  const { perMinute } = rateLimit;
  const pay = ({ keyId }: Actor, cost: number): GraphQLError | undefined => {
    const taken = rateLimit.take(keyId, cost);
    return taken.ok ? undefined : spent(perMinute, taken.retryAfterMs);
  };
  return {
    begin: (actor, length) => pay(actor, requestCost + Math.floor(length / charactersForOne)),
    check: ({ document, operationName, variables }, actor) => {
      const cost = costOf(document, operationName, variables);
      const fault = costFault(cost, maxCost) ?? pay(actor, cost - requestCost);
      return fault === undefined ? [] : [fault];
    },
    payMore: ({ document, operationName, variables }, { keyId }) => {
      const taken = rateLimit.take(keyId, costOf(document, operationName, variables) - requestCost);
      return taken.ok ? 0 : taken.retryAfterMs;
    },
    headersOf: ({ keyId }) => {
      const remaining = rateLimit.remaining(keyId);
      const full = Math.ceil(((perMinute - remaining) / perMinute) * minuteSeconds);
      return {
        'ratelimit-policy': `"cost";q=${perMinute};w=${minuteSeconds}`,
        ratelimit: `"cost";r=${remaining};t=${full}`,
      };
    },
  };
};
