/** Puts together what webhooks need: their use cases, the reading of the log, and the sending. */
import { createKeyed, type Database } from '@sendpool/database';
import type { EventLog } from '@sendpool/event-log';
import type { Log, Metrics, Part } from '@sendpool/service';
import type { WebhookUseCases } from './api/graphql/use-cases.ts';
import { createPost } from './api/webhooks/post.ts';
import { createReach, lookUpFor } from './api/webhooks/public-lookup.ts';
import { createSignedPost } from './api/webhooks/signed-post.ts';
import { consumeWebhookEvents, endsOfLog } from './api/webhooks/webhook-events.consumer.ts';
import { createWebhookMetrics, measureWebhooks } from './api/webhooks/webhook-metrics.ts';
import { createWebhookSender, sweepWebhooks } from './api/webhooks/webhook-sender.ts';
import type { CampaignStore } from './domain/campaign.ts';
import {
  createCreateWebhook,
  createDeleteWebhook,
  createRotateWebhookSecret,
  createUpdateWebhook,
} from './domain/change-webhooks.ts';
import { createRecordWebhookEvents } from './domain/record-webhook-events.ts';
import { createReplayWebhook, createTestWebhook } from './domain/use-webhooks.ts';
import type { SchedulerEnv } from './env.ts';
import { onceOver } from './once.ts';
import { createWebhookDeliveryStore } from './store/webhook-delivery.store.ts';
import { createWebhookEventStore } from './store/webhook-event.store.ts';
import { createWebhookStore } from './store/webhook.store.ts';
import { createSecretKeeper, renewSecrets } from './webhook-secrets.ts';

export type WebhooksDeps = {
  env: SchedulerEnv;
  database: Database;
  eventLog: EventLog;
  campaigns: Pick<CampaignStore, 'find'>;
  metrics: Metrics;
  log: Log;
};

export const createWebhooks = ({ env, database, eventLog, campaigns, metrics: registry, log }: WebhooksDeps) => {
  const webhooks = createWebhookStore(database);
  const deliveries = createWebhookDeliveryStore(database);
  const keeper = createSecretKeeper(env);
  const metrics = createWebhookMetrics(registry);
  const allowPrivate = env.WEBHOOK_ALLOW_PRIVATE;
  const reach = createReach({ allowPrivate, lookUp: lookUpFor(allowPrivate) });
  const post = createPost({ reach });
  const signedPost = createSignedPost({ post, open: keeper.open, now: () => new Date() });
  const sender = createWebhookSender({ store: deliveries, post: signedPost, metrics, log });
  const events = consumeWebhookEvents({
    eventLog,
    record: createRecordWebhookEvents({ store: createWebhookEventStore(database), now: () => new Date() }),
    isWanted: webhooks.hasEnabled,
    stored: (messages) => {
      metrics.messages.inc(messages);
      if (messages > 0) sender.wake();
    },
    log,
  });
  const deps = {
    webhooks,
    log: deliveries,
    campaigns,
    allowPrivate,
    isReachable: reach.isReachable,
    newSecret: keeper.newSecret,
    seal: keeper.seal,
    ends: () => endsOfLog(eventLog),
    changed: () => {
      events.wake();
      sender.wake();
    },
    due: sender.wake,
    post: signedPost,
    now: Date.now,
  };
  const create = { createWebhook: createCreateWebhook(deps) };
  const useCases: WebhookUseCases = {
    webhooks,
    webhookLog: deliveries,
    ...create,
    onceWebhook: createKeyed({
      once: onceOver(database, env.INTERNAL_SECRET),
      plain: create,
      make: (on, afterCommit) => {
        const kept = { webhooks: createWebhookStore(on), changed: () => afterCommit(deps.changed) };
        return { createWebhook: createCreateWebhook({ ...deps, ...kept }) };
      },
    }),
    updateWebhook: createUpdateWebhook(deps),
    rotateWebhookSecret: createRotateWebhookSecret(deps),
    deleteWebhook: createDeleteWebhook(deps),
    testWebhook: createTestWebhook(deps),
    replayWebhook: createReplayWebhook(deps),
  };
  const parts: Part[] = [
    { name: 'webhook secrets', start: () => renewSecrets(webhooks, keeper), stop: async () => post.close() },
    sender,
    events,
    sweepWebhooks(deliveries.sweep, log),
    measureWebhooks({ waiting: deliveries.waiting, metrics, log }),
  ];
  return { useCases, parts };
};
