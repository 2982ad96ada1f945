export { actorSchema, type Actor } from './actor.ts';
export { apiKeyUsesTopic, type ApiKeyUse } from './api-key-uses.ts';
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
export { foundAgain, keyFaults, shownOnce, usedForAnother, type Ask, type Made, type Once } from './idempotency.ts';
export { checkName } from './name.ts';
export type { Refusal, Result } from './refusal.ts';
export { sendRequestsTopic, type FenceRecord, type SendRequest, type SendRequestRecord } from './send-requests.ts';
export { senderStatusTopic, type DeferredStatus, type SenderStatus, type ServerStatus } from './sender-status.ts';
export { rotationVerdictsTopic, type RotationEvidence, type RotationVerdict } from './rotation-verdicts.ts';
export { serverUsageTopic, type ServerUsage } from './server-usage.ts';
export {
  alwaysIn,
  defaultRotateOut,
  onlyConnections,
  sendingConfigKey,
  sendingConfigTopic,
  type PoolConfig,
  type ProviderLimits,
  type RotateOutPolicy,
  type Rotation,
  type SealedSecret,
  type SendingConfig,
  type SendingServerConfig,
  type ServerLimits,
  type WarmUp,
} from './sending-config.ts';
export { defineTopic, topicSpecs, type TopicDefinition } from './topic.ts';
export type { MailConnection, ProbeResult, SendResult } from './transport.ts';
export { dayMs, startOfDay, warmUpLimit, warmUpPlace } from './warm-up.ts';
export * from './words.ts';
export { defaultLanes, laneLimits, oldestCarried, senderGroup } from './lanes.ts';
