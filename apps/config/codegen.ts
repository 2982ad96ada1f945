/** Resolver types of the config subgraph; what a resolver gets as its parent is the domain's own type. */
import { subgraph } from '../../codegen.base.ts';

export default subgraph({
  SendingServer: '../../domain/sending-server.ts#SendingServer as ServerModel',
  SendingServerPool: '../../domain/pool.ts#Pool as PoolModel',
  PoolMember: '../../domain/shares.ts#SharedMember as MemberModel',
  ApiKey: '../../domain/api-key.ts#ApiKey as ApiKeyModel',
});
