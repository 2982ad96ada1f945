/** The plan of a pool in GraphQL. What one request may have planned is bounded as a whole: it can ask for many pools, and each more than once. */
import { sendingLimitOf } from '@sendpool/contracts';
import type { RequestContext } from '@sendpool/graphql';
import { AppError, systemClock } from '@sendpool/kernel';
import { createAllowance, createTurns, type Steps } from '../../domain/in-turns.ts';
import { planFaults, planPool, type PlanArguments, type PoolPlan } from '../../domain/plan-pool.ts';
import { mostWork } from '../../domain/plan.ts';
import type { Pool } from '../../domain/pool.ts';
import { loadMembers, loadServer } from './loaders.ts';
import type {
  BindingLimitResolvers,
  PlannedServerResolvers,
  PoolPlanResolvers,
  SendingServerPoolResolvers,
} from './schema.generated.ts';
import { senderDomain } from './sender-domain.ts';
import type { PoolUseCases } from './use-cases.ts';

/** Units of work for all plans of a request: about a second. */
const workPerRequest = 4 * mostWork;

type WorkOut = (context: RequestContext, steps: Steps<PoolPlan>) => Promise<PoolPlan>;

/** Throws AppError BAD_INPUT when the plans of the request are too much work. */
const createWorkOut = (): WorkOut => {
  const deps = { turn: createTurns(), monotonic: systemClock.monotonic };
  const allowances = new WeakMap<RequestContext, ReturnType<typeof createAllowance>>();
  return async (context, steps) => {
    const workOut = allowances.get(context) ?? createAllowance(deps, workPerRequest);
    allowances.set(context, workOut);
    const plan = await workOut(steps);
    if (plan === undefined)
      throw new AppError(
        'BAD_INPUT',
        'The plans of this request are too much work together. Ask for fewer in one request, or with fewer mailbox providers.',
      );
    return plan;
  };
};

/** Throws AppError BAD_INPUT with all that is wrong with the arguments. */
const checkArguments = (asked: PlanArguments): void => {
  const faults = planFaults(asked);
  if (faults.length > 0)
    throw new AppError(
      'BAD_INPUT',
      faults.map(({ path, message }) => `${path?.slice(1).join('.')}: ${message}`).join(' '),
    );
};

type PlanUse = Pick<PoolUseCases, 'servers' | 'now'>;

const createPlan =
  (use: PlanUse, workOut: WorkOut) =>
  async (pool: Pool, asked: PlanArguments, context: RequestContext): Promise<PoolPlan> => {
    checkArguments(asked);
    const fromDomain = asked.fromDomain ? senderDomain(asked.fromDomain) : null;
    const servers = await loadMembers(context, use.servers, pool);
    return workOut(context, planPool({ pool, servers, fromDomain }, asked, use.now().getTime()));
  };

const serverOf =
  (use: PlanUse) =>
  async ({ serverId }: { readonly serverId: string }, _: unknown, context: RequestContext) => {
    const server = await loadServer(context, use.servers, serverId);
    if (server === null) throw new Error(`pool member ${serverId} has no sending server`);
    return server;
  };

export const createPlanResolvers = (use: PlanUse) => ({
  SendingServerPool: { plan: createPlan(use, createWorkOut()) } satisfies SendingServerPoolResolvers,
  PoolPlan: { durationSeconds: ({ seconds }) => seconds } satisfies PoolPlanResolvers,
  PlannedServer: { server: serverOf(use) } satisfies PlannedServerResolvers,
  BindingLimit: { server: serverOf(use), limit: ({ limit }) => sendingLimitOf(limit)! } satisfies BindingLimitResolvers,
});
