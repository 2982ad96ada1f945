/** Sends what is due, and takes away what is older than seven days. */
import type { Log, Part } from '@sendpool/service';
import { createSendWebhooks, type SendWebhooksDeps } from '../../domain/send-webhooks.ts';
import { createLoop, type Loop } from '../events/loop.ts';
import type { WebhookMetrics } from './webhook-metrics.ts';

export type WebhookSenderDeps = Pick<SendWebhooksDeps, 'store' | 'post'> & { metrics: WebhookMetrics; log: Log };

/** Another process may have stored what is due, and times come. */
const lookMs = 1000;
/** At a stop, conversations get so long to end. */
const patienceMs = 4000;

/** Woken when there is something to send. */
export const createWebhookSender = ({ store, post, metrics, log }: WebhookSenderDeps): Loop => {
  const sending = createSendWebhooks({
    store,
    post,
    freed: () => loop.wake(),
    onAttempt: (result) => metrics.attempts.inc({ result }),
    onFault: (error, { id, webhook }) =>
      log.warn(
        { error, message: id, webhook: webhook.id },
        'a message to a webhook could not be sent, or its end not stored: it is sent again',
      ),
    now: () => new Date(),
    random: Math.random,
  });
  const loop = createLoop({ name: 'webhook sender', log, turn: async () => (await sending.turn(), lookMs) });
  return {
    ...loop,
    stop: async (deadlineMs) => {
      await loop.stop?.(deadlineMs);
      await sending.end(Math.min(patienceMs, deadlineMs));
    },
  };
};

const sweepMs = 60_000;

/** `sweep` deletes one step; true when there is more. */
export const sweepWebhooks = (sweep: () => Promise<boolean>, log: Log): Part =>
  createLoop({ name: 'webhook log', log, turn: async () => ((await sweep()) ? 0 : sweepMs) });
