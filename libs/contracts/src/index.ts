export { actorSchema, type Actor } from './actor.ts';
export { apiKeysTopic, type ApiKeyRecord } from './api-keys.ts';
export { campaignsTopic, type CampaignRecord } from './campaigns.ts';
export {
  deliveryEventsTopic,
  type DeliveryEvent,
  type GapEvent,
  type LostEvent,
  type OutcomeEvent,
  type SmtpReply,
} from './delivery-events.ts';
export { mayBeFrom } from './from-domain.ts';
export { checkName } from './name.ts';
export { sendRequestsTopic, type FenceRecord, type SendRequest, type SendRequestRecord } from './send-requests.ts';
export { senderStatusTopic, type DeferredStatus, type SenderStatus, type ServerStatus } from './sender-status.ts';
export {
  sendingConfigKey,
  sendingConfigTopic,
  type PoolConfig,
  type SealedSecret,
  type SendingConfig,
  type SendingServerConfig,
} from './sending-config.ts';
export { defineTopic, topicSpecs, type TopicDefinition } from './topic.ts';
export * from './words.ts';
export { defaultLanes, laneLimits, oldestCarried, senderGroup } from './lanes.ts';
