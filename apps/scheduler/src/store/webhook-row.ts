/** A webhook as a row. */
import type { SealedSecret } from '@sendpool/contracts';
import type { Webhook, WebhookEvent } from '../domain/webhook.ts';

export type WebhookRow = {
  id: string;
  name: string;
  url: string;
  events: WebhookEvent[];
  campaign: string | null;
  enabled: boolean;
  disabled_reason: string | null;
  failing_since: Date | null;
  last_error: string | null;
  held_until: Date | null;
  secret: SealedSecret;
  previous_secret: SealedSecret | null;
  previous_until: Date | null;
  revision: number;
  created_at: Date;
};

export const webhookColumns = [
  'id',
  'name',
  'url',
  'events',
  'campaign',
  'enabled',
  'disabled_reason',
  'failing_since',
  'last_error',
  'held_until',
  'secret',
  'previous_secret',
  'previous_until',
  'revision',
  'created_at',
] as const satisfies readonly (keyof WebhookRow)[];

export const webhookOf = (row: WebhookRow): Webhook => ({
  id: row.id,
  name: row.name,
  url: row.url,
  events: row.events,
  campaignId: row.campaign,
  enabled: row.enabled,
  disabledReason: row.disabled_reason,
  failingSince: row.failing_since,
  lastError: row.last_error,
  heldUntil: row.held_until,
  secret: row.secret,
  previousSecret: row.previous_secret,
  previousUntil: row.previous_until,
  revision: row.revision,
  createdAt: row.created_at,
});

const jsonOf = (secret: SealedSecret | null): string | null => (secret === null ? null : JSON.stringify(secret));

/** In the order of `webhookColumns`. */
export const valuesOfWebhook = (webhook: Webhook): unknown[] => [
  webhook.id,
  webhook.name,
  webhook.url,
  webhook.events,
  webhook.campaignId,
  webhook.enabled,
  webhook.disabledReason,
  webhook.failingSince,
  webhook.lastError,
  webhook.heldUntil,
  jsonOf(webhook.secret),
  jsonOf(webhook.previousSecret),
  webhook.previousUntil,
  webhook.revision,
  webhook.createdAt,
];
