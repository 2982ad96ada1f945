/** Resolver types of the stats subgraph; servers, pools and campaigns are known here by their id alone. */
import { subgraph } from '../../codegen.base.ts';

export default subgraph({
  SendingServer: './keys.ts#ServerKey',
  Campaign: './keys.ts#CampaignKey',
  SendingServerPool: './keys.ts#PoolKey',
  DeliveryEventPage: '../../domain/event-pager.ts#EventPage',
  DeliveryEvent: './delivery-events.resolver.ts#PlacedEvent',
});
