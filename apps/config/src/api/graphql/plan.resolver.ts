/** The plan of a pool in GraphQL. */
import type { RequestContext } from '@sendpool/graphql';
import { AppError } from '@sendpool/kernel';
import type { Pool } from '../../domain/pool.ts';
import { planFaults, planPool, type PlanArguments, type PoolPlan } from '../../domain/plan-pool.ts';
import { loadMembers, loadServer } from './loaders.ts';
import type { BindingLimitResolvers, PlannedServerResolvers, SendingServerPoolResolvers } from './schema.generated.ts';
import { senderDomain } from './sender-domain.ts';
import type { PoolUseCases } from './use-cases.ts';

/** Throws AppError BAD_INPUT with all that is wrong with the arguments. */
const planWith = async (
  use: PoolUseCases,
  pool: Pool,
  { asked, context }: { asked: PlanArguments; context: RequestContext },
): Promise<PoolPlan> => {
  const faults = planFaults(asked);
  if (faults.length > 0)
    throw new AppError(
      'BAD_INPUT',
      faults.map(({ path, message }) => `${path?.slice(1).join('.')}: ${message}`).join(' '),
    );
  const fromDomain = asked.fromDomain ? senderDomain(asked.fromDomain) : null;
  const servers = await loadMembers(context, use.servers, pool);
  return planPool({ pool, servers, fromDomain }, asked, use.now().getTime());
};

const serverOf =
  (use: PoolUseCases) =>
  async ({ serverId }: { readonly serverId: string }, _: unknown, context: RequestContext) => {
    const server = await loadServer(context, use.servers, serverId);
    if (server === null) throw new Error(`pool member ${serverId} has no sending server`);
    return server;
  };

export const createPlanResolvers = (use: PoolUseCases) => ({
  SendingServerPool: {
    plan: (pool, asked, context) => planWith(use, pool, { asked, context }),
  } satisfies SendingServerPoolResolvers,
  PlannedServer: { server: serverOf(use) } satisfies PlannedServerResolvers,
  BindingLimit: { server: serverOf(use) } satisfies BindingLimitResolvers,
});
