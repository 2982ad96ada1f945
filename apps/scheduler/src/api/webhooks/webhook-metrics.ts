/** What webhooks cost, and how they fare. */
import type { Counter, Gauge, Log, Metrics } from '@sendpool/service';
import type { WebhookWaiting } from '../../domain/webhook.ts';
import { createLoop, type Loop } from '../events/loop.ts';

export type WebhookMetrics = {
  readonly messages: Counter;
  readonly attempts: Counter<'result'>;
  readonly waiting: Gauge;
  readonly due: Gauge;
  readonly dueAge: Gauge;
};

export const createWebhookMetrics = (metrics: Metrics): WebhookMetrics => {
  const attempts = metrics.counter('scheduler_webhook_attempts_total', 'Tries to deliver a message to a webhook.', [
    'result',
  ]);
  // A counter that comes into the world as 1 has never increased for Prometheus.
  for (const result of ['DELIVERED', 'RETRY', 'FAILED']) attempts.inc({ result }, 0);
  return {
    attempts,
    messages: metrics.counter(
      'scheduler_webhook_messages_total',
      'Messages written down for webhooks of what the log tells.',
    ),
    waiting: metrics.gauge('scheduler_webhook_waiting', 'Messages that wait for a webhook that is enabled.'),
    due: metrics.gauge('scheduler_webhook_due', 'Those whose time has come, of webhooks that do not fail.'),
    dueAge: metrics.gauge(
      'scheduler_webhook_due_age_seconds',
      'How long the time of the oldest of those has come; 0 without any.',
    ),
  };
};

const everyMs = 10_000;

/** Measures what waits in the whole system, every ten seconds. */
export const measureWebhooks = (deps: {
  waiting(): Promise<WebhookWaiting>;
  metrics: WebhookMetrics;
  log: Log;
}): Loop =>
  createLoop({
    name: 'webhook metrics',
    log: deps.log,
    turn: async () => {
      const { waiting, due, oldestSeconds } = await deps.waiting();
      deps.metrics.waiting.set(waiting);
      deps.metrics.due.set(due);
      deps.metrics.dueAge.set(oldestSeconds);
      return everyMs;
    },
  });
