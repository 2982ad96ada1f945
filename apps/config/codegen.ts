/** Resolver types of the config subgraph; what a resolver gets as its parent is the domain's own type. */
import { subgraph } from '../../codegen.base.ts';

const counted = (model: string) => `@sendpool/graphql#CountedConnection<${model}>`;

export default subgraph({
  SendingServer: '../../domain/sending-server.ts#SendingServer as ServerModel',
  SendingServerPool: '../../domain/pool.ts#Pool as PoolModel',
  PoolMember: '../../domain/shares.ts#MemberOfPool as MemberModel',
  WarmUp: '../../domain/warm-up.ts#WarmUp as WarmUpModel',
  ProviderWarmUp: './sending-server.resolver.ts#ProviderWarmUpModel',
  Rotation: '../../domain/pool.ts#Rotation as RotationModel',
  RotationVerdict: '../../domain/rotation-entry.ts#RotationEntry as RotationEntryModel',
  RotationEvidence: '@sendpool/contracts#RotationEvidence as RotationEvidenceModel',
  PoolPlan: '../../domain/plan-pool.ts#PoolPlan as PoolPlanModel',
  PlannedServer: '../../domain/plan-pool.ts#PlannedServer as PlannedServerModel',
  BindingLimit: '../../domain/plan-pool.ts#BindingLimit as BindingLimitModel',
  ApiKey: '../../domain/api-key.ts#ApiKey as ApiKeyModel',
  SendingServerConnection: counted('ServerModel'),
  SendingServerPoolConnection: counted('PoolModel'),
  RotationVerdictConnection: counted('RotationEntryModel'),
  ApiKeyConnection: counted('ApiKeyModel'),
});
