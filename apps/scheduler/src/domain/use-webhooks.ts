/** Tries a webhook out, and sends again what it has got, or should have got, before. */
import { isAppError, isId, newId } from '@sendpool/kernel';
import { badInput, conflict, done, idPath, refuse, type Result } from './refusal.ts';
import {
  maxReplayed,
  unknownWebhook,
  type ReplayChoice,
  type Webhook,
  type WebhookLog,
  type WebhookStore,
} from './webhook.ts';
import { messageBody } from './webhook-messages.ts';
import { isSuccess, unopened, type Attempt } from './webhook-plan.ts';

/** A message as it goes out. */
type OutgoingMessage = { readonly id: string; readonly body: string };

/** Sends once; never throws for what the other side does. Throws AppError DECRYPTION_FAILED when its secret does not open. */
export type PostMessage = (
  webhook: Pick<Webhook, 'id' | 'url' | 'secret' | 'previousSecret' | 'previousUntil'>,
  message: OutgoingMessage,
  signal?: AbortSignal,
) => Promise<Attempt>;

export type WebhookTest = Attempt & {
  readonly messageId: string;
  readonly ok: boolean;
  readonly durationMs: number;
};

export type TestWebhookDeps = {
  readonly webhooks: Pick<WebhookStore, 'find'>;
  readonly post: PostMessage;
  now(): number;
};

const refusedUnopened = conflict(unopened.text, idPath);

/** Sends a message of type `webhook.test` now, also to a webhook that is disabled. It is not kept, and changes nothing. */
export const createTestWebhook =
  (deps: TestWebhookDeps) =>
  async (id: string): Promise<Result<WebhookTest>> => {
    const webhook = await deps.webhooks.find(id);
    if (webhook === undefined) return refuse(unknownWebhook);
    const began = deps.now();
    const body = messageBody('webhook.test', { webhookId: id, name: webhook.name }, new Date(began));
    const messageId = newId(began);
    const attempt = await deps.post(webhook, { id: messageId, body }).catch((error: unknown) => {
      if (isAppError(error, 'DECRYPTION_FAILED')) return undefined;
      throw error;
    });
    if (attempt === undefined) return refuse(refusedUnopened);
    return done({ ...attempt, messageId, ok: isSuccess(attempt), durationMs: deps.now() - began });
  };

export type ReplayInput = {
  readonly deliveryIds: readonly string[] | null;
  readonly from: Date | null;
  readonly to: Date | null;
};

const mostIds = 1000;

const choiceOf = ({ deliveryIds, from, to }: ReplayInput): Result<ReplayChoice> => {
  if (deliveryIds !== null) {
    if (from !== null || to !== null) return refuse(badInput('give either deliveries or a time', 'deliveryIds'));
    if (deliveryIds.length === 0 || deliveryIds.length > mostIds)
      return refuse(badInput(`name from 1 to ${mostIds} deliveries`, 'deliveryIds'));
    return done({ deliveryIds: deliveryIds.filter(isId) });
  }
  if (from === null) return refuse(badInput('name deliveries, or say from when on', 'from'));
  return to !== null && to <= from
    ? refuse(badInput('must be later than `from`', 'to'))
    : done({ from, to: to ?? new Date() });
};

export type ReplayWebhookDeps = {
  readonly webhooks: Pick<WebhookStore, 'find'>;
  readonly log: Pick<WebhookLog, 'replay'>;
  /** There are messages to send. */
  due(): void;
};

const tooMany = badInput(`more than ${maxReplayed} messages are concerned: choose a shorter time`, 'from');

/** What waits already is left alone. Messages keep their ids: a receiver that remembers them drops what it has. */
export const createReplayWebhook =
  (deps: ReplayWebhookDeps) =>
  async (id: string, input: ReplayInput): Promise<Result<{ webhook: Webhook; count: number }>> => {
    const choice = choiceOf(input);
    if (!choice.ok) return choice;
    const webhook = await deps.webhooks.find(id);
    if (webhook === undefined) return refuse(unknownWebhook);
    const count = await deps.log.replay(id, choice.value);
    if (count === 'TOO_MANY') return refuse(tooMany);
    if (count > 0) deps.due();
    return done({ webhook, count });
  };
