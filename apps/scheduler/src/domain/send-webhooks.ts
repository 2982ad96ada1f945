/** Sends what is due: each webhook has conversations of its own, so that one that hangs holds up no other. */
import { isAppError } from '@sendpool/kernel';
import type { Webhook, WebhookHealth } from './webhook.ts';
import type { PostMessage } from './use-webhooks.ts';
import { afterAttempt, healthAfter, unopened, type AfterAttempt, type Attempt } from './webhook-plan.ts';

/** A message that this process alone may send until its claim lapses. */
export type DueMessage = {
  readonly id: string;
  /** Tries with this one. Somebody who comes late with an older number changes nothing. */
  readonly attempts: number;
  readonly body: string;
  readonly webhook: Pick<Webhook, 'id' | 'url' | 'secret' | 'previousSecret' | 'previousUntil'>;
};

export type DueStore = {
  /**
   * Claims due messages: for each webhook at most `perWebhook`, less those that `busy` says are under way here; one alone for a webhook
   * that fails. Replicas pass over what others have claimed.
   */
  claim(busy: ReadonlyMap<string, number>, perWebhook: number): Promise<DueMessage[]>;
  /** Stores what became of the try, and the health of the webhook when it has changed, in one transaction. */
  settle(
    message: DueMessage,
    result: { attempt: Attempt; after: AfterAttempt; health(before: WebhookHealth): WebhookHealth },
  ): Promise<void>;
};

/** Conversations of one process with one webhook at the same time. */
const perWebhook = 4;

export type SendWebhooksDeps = {
  readonly store: DueStore;
  readonly post: PostMessage;
  /** A conversation is over: there may be more to send. */
  freed(): void;
  onAttempt(result: AfterAttempt['kind']): void;
  onFault(error: unknown, message: DueMessage): void;
  now(): Date;
  random(): number;
};

export type SendWebhooks = {
  /** Claims and begins to send; resolves with the number begun, without waiting for their ends. */
  turn(): Promise<number>;
  /** Resolves when every conversation is over; those that take longer than `patienceMs` are cut off, and their messages sent again. */
  end(patienceMs: number): Promise<void>;
};

type State = {
  readonly busy: Map<string, number>;
  readonly running: Set<Promise<void>>;
  readonly stopping: AbortController;
};

const count = ({ busy }: State, webhookId: string, by: number): void => {
  const now = (busy.get(webhookId) ?? 0) + by;
  if (now === 0) busy.delete(webhookId);
  else busy.set(webhookId, now);
};

/** A secret that does not open is a failure like others: tried again by the plan, and told to people. */
const post = (deps: SendWebhooksDeps, message: DueMessage, signal: AbortSignal): Promise<Attempt> =>
  deps.post(message.webhook, message, signal).catch((error: unknown) => {
    if (isAppError(error, 'DECRYPTION_FAILED')) return unopened;
    throw error;
  });

const send = async (deps: SendWebhooksDeps, message: DueMessage, signal: AbortSignal): Promise<void> => {
  const attempt = await post(deps, message, signal);
  // Cut off by our own stop: the claim lapses, and another process sends it again.
  if (signal.aborted && attempt.status === null) return;
  const after = afterAttempt(attempt, message.attempts, deps.random);
  await deps.store.settle(message, { attempt, after, health: (before) => healthAfter(before, attempt, deps.now()) });
  deps.onAttempt(after.kind);
};

const begin = (deps: SendWebhooksDeps, state: State, message: DueMessage): void => {
  count(state, message.webhook.id, 1);
  const running = send(deps, message, state.stopping.signal)
    .catch((error: unknown) => deps.onFault(error, message))
    .finally(() => {
      count(state, message.webhook.id, -1);
      state.running.delete(running);
      deps.freed();
    });
  state.running.add(running);
};

export const createSendWebhooks = (deps: SendWebhooksDeps): SendWebhooks => {
  const state: State = { busy: new Map(), running: new Set(), stopping: new AbortController() };
  return {
    turn: async () => {
      const due = await deps.store.claim(state.busy, perWebhook);
      for (const message of due) begin(deps, state, message);
      return due.length;
    },
    end: async (patienceMs) => {
      const timer = setTimeout(() => state.stopping.abort(), patienceMs);
      await Promise.all(state.running);
      clearTimeout(timer);
    },
  };
};
