/** A webhook: an address that is told of delivery events, rotation verdicts and campaigns; and the messages that are on their way to it. */
import type { SealedSecret } from '@sendpool/contracts';
import type { Page } from './audience.ts';
import type { Refusal, Result } from './refusal.ts';

/** What a webhook may ask for: outcomes of tries that are of interest outside, recipients that are given up, verdicts, and campaigns. */
export const webhookEvents = [
  'ACCEPTED',
  'DEFERRED',
  'BOUNCED',
  'UNKNOWN',
  'EXPIRED',
  'ROTATION_VERDICT',
  'CAMPAIGN_STATUS',
] as const;
export type WebhookEvent = (typeof webhookEvents)[number];

/** How it goes with the receiver. */
export type WebhookHealth = {
  readonly enabled: boolean;
  /** Why it was disabled without anybody asking for it. */
  readonly disabledReason: string | null;
  /** Time of the first failure since the last success; null: the last try was a success, or there was none. */
  readonly failingSince: Date | null;
  readonly lastError: string | null;
  /** The receiver asked for a pause (Retry-After). */
  readonly heldUntil: Date | null;
};

type WebhookSecrets = {
  readonly secret: SealedSecret;
  /** Signs as well until `previousUntil`. */
  readonly previousSecret: SealedSecret | null;
  readonly previousUntil: Date | null;
};

export type Webhook = WebhookHealth &
  WebhookSecrets & {
    readonly id: string;
    readonly name: string;
    readonly url: string;
    readonly events: readonly WebhookEvent[];
    /** Events of this campaign alone; null: of all. */
    readonly campaignId: string | null;
    readonly createdAt: Date;
    /** Grows by one with each change. */
    readonly revision: number;
  };

export const healthy = { disabledReason: null, failingSince: null, lastError: null, heldUntil: null } as const;

/** Where a webhook begins in a partition of the log: what lies before is not for it. */
export type LogPlace = { readonly topic: string; readonly partition: number; readonly offset: number };

/** A change of a webhook; `from` replaces where it begins. */
export type WebhookChange = { readonly webhook: Webhook; readonly from: readonly LogPlace[] | undefined };

/** More are refused: each has its own connections and its own copy of every message. */
export const maxWebhooks = 50;

export type WebhookStore = {
  /** TAKEN: the name is. FULL: there are `maxWebhooks`. */
  insert(webhook: Webhook, from: readonly LogPlace[]): Promise<'INSERTED' | 'TAKEN' | 'FULL'>;
  find(id: string): Promise<Webhook | undefined>;
  /** Up to `first` + 1. */
  page(page: Page): Promise<Webhook[]>;
  count(): Promise<number>;
  /** Locks, decides, saves with the next revision, in one transaction. */
  change(id: string, decide: (webhook: Webhook) => Result<WebhookChange>): Promise<Result<Webhook>>;
  /** False when there is none. Its messages are deleted in steps by the sweeper. */
  remove(id: string): Promise<boolean>;
};

type WebhookDeliveryState = 'PENDING' | 'DELIVERED' | 'FAILED';

/** One message to one webhook. */
export type WebhookDelivery = {
  readonly id: string;
  readonly createdAt: Date;
  readonly state: WebhookDeliveryState;
  readonly attempts: number;
  readonly nextAttemptAt: Date | null;
  /** HTTP status of the last answer; null when there was none. */
  readonly lastHttpStatus: number | null;
  /** First 200 characters of the last answer, or why there was none. */
  readonly lastAnswer: string | null;
  readonly eventCount: number;
};

/** What waits for webhooks that are enabled. */
export type WebhookWaiting = {
  readonly waiting: number;
  /** Those whose time has come, of webhooks that neither fail nor asked for a pause. */
  readonly due: number;
  /** How long the time of the oldest of `due` has come; 0 without any. */
  readonly oldestSeconds: number;
};

export type DeliveryPage = {
  readonly state: WebhookDeliveryState | null;
  readonly first: number;
  /** Newest first: id of the last one seen. */
  readonly after: string | null;
};

export type ReplayChoice = { readonly deliveryIds: readonly string[] } | { readonly from: Date; readonly to: Date };

/** Messages that one replay may send again. */
export const maxReplayed = 10_000;

export type WebhookLog = {
  /** Up to `first` + 1 of each of these webhooks, the newest first; one without any there has no entry. */
  page(webhookIds: readonly string[], page: DeliveryPage): Promise<ReadonlyMap<string, WebhookDelivery[]>>;
  /** How many messages of each of these webhooks are in the state, null for any; null instead of more than `maxCounted`. */
  counts(
    webhookIds: readonly string[],
    state: WebhookDeliveryState | null,
  ): Promise<ReadonlyMap<string, number | null>>;
  /** Makes those that are not PENDING due again, in one step; TOO_MANY: there are more than `maxReplayed`, nothing was done. */
  replay(webhookId: string, choice: ReplayChoice): Promise<number | 'TOO_MANY'>;
};

export const unknownWebhook: Refusal = {
  code: 'NOT_FOUND',
  message: 'there is no such webhook',
  path: ['input', 'id'],
};
