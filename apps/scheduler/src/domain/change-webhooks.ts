/** Makes, changes and deletes webhooks, and gives them new secrets. */
import type { SealedSecret } from '@sendpool/contracts';
import { newId } from '@sendpool/kernel';
import { checkWebhook, type CheckWebhookDeps, type WebhookFields } from './check-webhook.ts';
import { conflict, done, idPath, refuse, type Result } from './refusal.ts';
import {
  healthy,
  maxWebhooks,
  unknownWebhook,
  type LogPlace,
  type Webhook,
  type WebhookChange,
  type WebhookStore,
} from './webhook.ts';

export type ChangeWebhooksDeps = CheckWebhookDeps & {
  readonly webhooks: WebhookStore;
  /** A new signing secret, `whsec_` and 32 random bytes in base64. */
  newSecret(): string;
  seal(secret: string, webhookId: string): SealedSecret;
  /** Ends of all partitions that webhooks are told of. */
  ends(): Promise<readonly LogPlace[]>;
  /** A webhook is there, or enabled, that was not. */
  changed(): void;
  now(): number;
};

/** The secret is in the answer and nowhere else. */
export type MadeWebhook = { readonly webhook: Webhook; readonly secret: string };

export const createCreateWebhook =
  (deps: ChangeWebhooksDeps) =>
  async (given: WebhookFields): Promise<Result<MadeWebhook>> => {
    const fields = await checkWebhook(deps, given);
    if (!fields.ok) return fields;
    const [id, secret] = [newId(deps.now()), deps.newSecret()];
    const secrets = { secret: deps.seal(secret, id), previousSecret: null, previousUntil: null };
    const rest = { id, createdAt: new Date(deps.now()), revision: 1, enabled: true };
    const webhook: Webhook = { ...fields.value, ...secrets, ...healthy, ...rest };
    const inserted = await deps.webhooks.insert(webhook, await deps.ends());
    if (inserted === 'TAKEN') return refuse(conflict('another webhook has this name', ['input', 'name']));
    if (inserted === 'FULL')
      return refuse(conflict(`there are ${maxWebhooks} webhooks already: delete one`, ['input']));
    deps.changed();
    return done({ webhook, secret });
  };

export type WebhookEdit = Partial<WebhookFields> & { readonly enabled?: boolean };

const fieldsOf = ({ name, url, events, campaignId }: Webhook): WebhookFields => ({ name, url, events, campaignId });

/** A new address, or a new start, forgets what went wrong before; a new start begins at the present end of the log. */
const edited = (
  webhook: Webhook,
  fields: WebhookFields,
  { enabled, ends }: { enabled: boolean; ends: readonly LogPlace[] },
): WebhookChange => {
  const starts = enabled && !webhook.enabled;
  const fresh = starts || fields.url !== webhook.url ? healthy : {};
  return { webhook: { ...webhook, ...fields, ...fresh, enabled }, from: starts ? ends : undefined };
};

const changedMeanwhile = conflict('the webhook was changed at the same time: look and try again', idPath);

export const createUpdateWebhook =
  (deps: ChangeWebhooksDeps) =>
  async (id: string, { enabled, ...edit }: WebhookEdit): Promise<Result<Webhook>> => {
    const before = await deps.webhooks.find(id);
    if (before === undefined) return refuse(unknownWebhook);
    const fields = await checkWebhook(deps, { ...fieldsOf(before), ...edit });
    if (!fields.ok) return fields;
    const ends = await deps.ends();
    const result = await deps.webhooks.change(id, (webhook) =>
      webhook.revision === before.revision
        ? done(edited(webhook, fields.value, { enabled: enabled ?? webhook.enabled, ends }))
        : refuse(changedMeanwhile),
    );
    if (result.ok) deps.changed();
    return result;
  };

const overlapMs = 24 * 3_600_000;

/** The secret before signs as well for a day; one before that no more. */
export const createRotateWebhookSecret =
  (deps: Pick<ChangeWebhooksDeps, 'webhooks' | 'newSecret' | 'seal' | 'now'>) =>
  async (id: string): Promise<Result<MadeWebhook>> => {
    const secret = deps.newSecret();
    const result = await deps.webhooks.change(id, (webhook) => {
      const previousUntil = new Date(deps.now() + overlapMs);
      const secrets = { secret: deps.seal(secret, id), previousSecret: webhook.secret, previousUntil };
      return done({ webhook: { ...webhook, ...secrets }, from: undefined });
    });
    return result.ok ? done({ webhook: result.value, secret }) : result;
  };

export const createDeleteWebhook =
  ({ webhooks }: Pick<ChangeWebhooksDeps, 'webhooks'>) =>
  async (id: string): Promise<Result<string>> =>
    (await webhooks.remove(id)) ? done(id) : refuse(unknownWebhook);
