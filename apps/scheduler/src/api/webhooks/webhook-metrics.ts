/** What webhooks cost, and how they fare. */
import type { Counter, Metrics } from '@sendpool/service';

export type WebhookMetrics = {
  readonly messages: Counter;
  readonly attempts: Counter<'result'>;
};

export const createWebhookMetrics = (metrics: Metrics): WebhookMetrics => {
  const attempts = metrics.counter('scheduler_webhook_attempts_total', 'Tries to deliver a message to a webhook.', [
    'result',
  ]);
  // A counter that comes into the world as 1 has never increased for Prometheus.
  for (const result of ['DELIVERED', 'RETRY', 'FAILED']) attempts.inc({ result }, 0);
  return {
    attempts,
    messages: metrics.counter('scheduler_webhook_messages_total', 'Messages written down for webhooks.'),
  };
};
