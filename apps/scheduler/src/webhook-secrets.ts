/** Signing secrets of webhooks: made, sealed under WEBHOOK_KEY, opened to sign, and sealed anew when the key has changed. */
import { randomBytes } from 'node:crypto';
import type { SealedSecret } from '@sendpool/contracts';
import { isAppError } from '@sendpool/kernel';
import { keyIdOf, openSecret, sealSecret } from '@sendpool/service';
import { done, refuse, type Result } from './domain/refusal.ts';
import type { Webhook, WebhookChange, WebhookStore } from './domain/webhook.ts';
import type { SchedulerEnv } from './env.ts';

export type WebhookSecretKeeper = {
  /** `whsec_` and 32 random bytes in base64 (Standard Webhooks). */
  newSecret(): string;
  seal(secret: string, webhookId: string): SealedSecret;
  /** Throws AppError DECRYPTION_FAILED. */
  open(sealed: SealedSecret, webhookId: string): string;
  /** The same secret under the present key; itself when it is sealed under that already, or no key opens it. */
  renewed(sealed: SealedSecret, webhookId: string): SealedSecret;
};

type Keys = Pick<SchedulerEnv, 'WEBHOOK_KEY' | 'WEBHOOK_KEY_PREVIOUS'>;

export const createSecretKeeper = ({ WEBHOOK_KEY: key, WEBHOOK_KEY_PREVIOUS: before }: Keys): WebhookSecretKeeper => {
  const keys = before === undefined ? [key] : [key, before];
  const open = (sealed: SealedSecret, webhookId: string): string => openSecret(sealed, webhookId, keys);
  const seal = (secret: string, webhookId: string): SealedSecret => sealSecret(secret, webhookId, key);
  return {
    newSecret: () => `whsec_${randomBytes(32).toString('base64')}`,
    seal,
    open,
    renewed: (sealed, webhookId) => {
      if (sealed.keyId === keyIdOf(key)) return sealed;
      try {
        return seal(open(sealed, webhookId), webhookId);
      } catch (error) {
        if (isAppError(error, 'DECRYPTION_FAILED')) return sealed;
        throw error;
      }
    },
  };
};

const renewedWebhook = (keeper: WebhookSecretKeeper, webhook: Webhook): Result<WebhookChange> => {
  const { id, previousSecret } = webhook;
  const secret = keeper.renewed(webhook.secret, id);
  const previous = previousSecret === null ? null : keeper.renewed(previousSecret, id);
  // A refusal: nothing is stored.
  if (secret === webhook.secret && previous === previousSecret) return refuse();
  return done({ webhook: { ...webhook, secret, previousSecret: previous }, from: undefined });
};

/** At the start of the process; there are few webhooks, and each change locks its own. */
export const renewSecrets = async (
  webhooks: Pick<WebhookStore, 'change'> & { all(): Promise<Webhook[]> },
  keeper: WebhookSecretKeeper,
): Promise<void> => {
  for (const { id } of await webhooks.all()) await webhooks.change(id, (webhook) => renewedWebhook(keeper, webhook));
};
