/** The sender as parts: send requests become mail, and what became of it becomes delivery events. */
import {
  campaignsTopic,
  deliveryEventsTopic,
  senderStatusTopic,
  sendingConfigTopic,
  sendRequestsTopic,
  serverUsageTopic,
  topicSpecs,
} from '@sendpool/contracts';
import { createEventLog } from '@sendpool/event-log';
import { newId } from '@sendpool/kernel';
import {
  createEventLogMetrics,
  createTracing,
  tracingParts,
  openingKeys,
  openSecret,
  type Log,
  type Metrics,
  type Part,
} from '@sendpool/service';
import { followCampaigns } from './api/events/campaigns.follower.ts';
import { consumeSendRequests } from './api/events/send-requests.consumer.ts';
import { publishSenderStatus } from './api/events/sender-status.publisher.ts';
import { readPeerStatus } from './api/events/sender-status.reader.ts';
import { followServerUsage } from './api/events/server-usage.follower.ts';
import { followSendingConfig } from './api/events/sending-config.follower.ts';
import { closeDelivery, consumerDrainMs, createDelivery } from './create-delivery.ts';
import type { SenderEnv } from './env.ts';
import { createMessageTraces } from './message-traces.ts';
import { createSenderMetrics } from './sender-metrics.ts';

const topics = [
  sendingConfigTopic,
  campaignsTopic,
  sendRequestsTopic,
  deliveryEventsTopic,
  senderStatusTopic,
  serverUsageTopic,
];

/** Opens the event log; the parts begin to work. Settings and campaigns are known before the first message is taken. */
export const createSenderService = async (options: {
  env: SenderEnv;
  log: Log;
  metrics: Metrics;
}): Promise<{ parts: Part[] }> => {
  const { env, log } = options;
  const metrics = createSenderMetrics(options.metrics);
  const source = env.SENDER_ID ?? newId();
  const tracing = await createTracing({ service: 'sender', endpoint: env.OTEL_EXPORTER_OTLP_ENDPOINT });
  const traces = tracing && createMessageTraces(tracing);
  const eventLog = await createEventLog({
    url: env.EVENT_LOG_URL,
    applicationName: 'sendpool-sender',
    stateFolder: env.STATE_DIR,
    onWarning: (message) => log.warn({}, message),
    observer: createEventLogMetrics(options.metrics),
  });
  const { keeper, dispatcher } = createDelivery({ env, eventLog, log, metrics, traces });
  const { settings } = dispatcher;
  const parts: Part[] = [
    ...tracingParts(tracing),
    { name: 'event-log', ready: () => eventLog.isReady(), stop: () => eventLog.close() },
    { name: 'topics', start: () => eventLog.ensureTopics(topicSpecs(topics, env.LANES)) },
    { name: 'delivery', stop: (deadlineMs) => closeDelivery({ keeper, dispatcher }, deadlineMs) },
    followSendingConfig({
      eventLog,
      log,
      server: (config, password) => settings.server(config, { ...config, password }),
      pool: (config) => settings.pool(config),
      open: (sealed, ownerId) => openSecret(sealed, ownerId, openingKeys(env)),
    }),
    followServerUsage({ eventLog, log, apply: (usage) => settings.usage(usage) }),
    readPeerStatus({ eventLog, source, warn: (serverId) => settings.warn(serverId), log }),
    followCampaigns({
      eventLog,
      log,
      apply: (record) => settings.campaign(record),
      changed: (campaignId) => keeper.campaignChanged(campaignId),
    }),
    publishSenderStatus({
      eventLog,
      log,
      source,
      status: () => dispatcher.status(),
      observe: (states) => {
        metrics.servers(states);
        metrics.lanes(keeper.state());
      },
      now: Date.now,
    }),
    consumeSendRequests({
      eventLog,
      keeper,
      onLanes: (owned) => settings.lanes(owned),
      onStandDown: () => dispatcher.standDown(),
      drainMs: consumerDrainMs,
      takeIn: traces?.takeIn,
      log,
    }),
  ];
  return { parts };
};
