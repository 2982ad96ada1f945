/** What the operations of a key may cost: each alone, and all of a minute together. The same on every transport. */
import type { Actor } from '@sendpool/contracts';
import type { GraphQLError } from 'graphql';
import type { Check, Operation } from './admit.ts';
import { costFault, requestCost, type CostOf } from './cost.ts';
import { errorOf } from './http-request.ts';
import type { RateLimit } from './rate-limit.ts';
import { createSpending, type Spending } from './spending.ts';

export type BudgetOptions = { costOf: CostOf; maxCost: number; rateLimit: RateLimit };

export type Budget = {
  /** Pays for being heard, before anything of a request is read; undefined when the key may ask. */
  begin(actor: Actor, length: { document: number; values: number }): GraphQLError | undefined;
  /** Refuses what costs too much, and pays for what is run. */
  check: Check;
  /** Pays for one more result of a stream: 0, or the milliseconds until it can be paid. */
  payMore(operation: Operation, actor: Actor): number;
  headersOf: Spending['headersOf'];
};

/** Characters of a document that cost 1: reading and judging it takes time also when it is refused. */
const documentForOne = 100;
/** Characters of values that cost 1: each is checked, and checked and sent again for the service. */
const valuesForOne = 200;

export const createBudget = ({ costOf, maxCost, rateLimit }: BudgetOptions): Budget => {
  const spending = createSpending(rateLimit);
  const pay = (actor: Actor, cost: number): GraphQLError | undefined => {
    const problem = spending.pay(actor, cost);
    return problem && errorOf(problem);
  };
  return {
    begin: (actor, { document, values }) =>
      pay(actor, requestCost + Math.floor(document / documentForOne + values / valuesForOne)),
    check: ({ document, operationName, variables }, actor) => {
      const cost = costOf(document, operationName, variables);
      const fault = costFault(cost, maxCost) ?? pay(actor, cost - requestCost);
      return fault === undefined ? [] : [fault];
    },
    payMore: ({ document, operationName, variables }, { keyId }) => {
      const taken = rateLimit.take(keyId, costOf(document, operationName, variables) - requestCost);
      return taken.ok ? 0 : taken.retryAfterMs;
    },
    headersOf: spending.headersOf,
  };
};
