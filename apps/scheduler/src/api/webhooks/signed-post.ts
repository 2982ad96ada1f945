/** Signs messages as the Standard Webhooks specification says, and sends them. */
import type { SealedSecret } from '@sendpool/contracts';
import { isAppError } from '@sendpool/kernel';
import { Webhook as Signer } from 'standardwebhooks';
import type { PostMessage } from '../../domain/use-webhooks.ts';
import type { Post } from './post.ts';

export type SignedPostDeps = {
  readonly post: Pick<Post, 'send'>;
  /** Throws AppError DECRYPTION_FAILED. */
  open(sealed: SealedSecret, webhookId: string): string;
  now(): Date;
};

type Target = Parameters<PostMessage>[0];

/** The one before may be the reason why there is a new one: its key was lost. Then the new one signs alone. */
const openedIfKey = (open: () => string): string[] => {
  try {
    return [open()];
  } catch (error) {
    if (isAppError(error, 'DECRYPTION_FAILED')) return [];
    throw error;
  }
};

const secretsOf = ({ open }: SignedPostDeps, target: Target, now: Date): string[] => {
  const { id, secret, previousSecret, previousUntil } = target;
  const isOver = previousSecret === null || previousUntil === null || previousUntil <= now;
  return [open(secret, id), ...(isOver ? [] : openedIfKey(() => open(previousSecret, id)))];
};

/** One signature for each secret in force, with a blank between them; the time is that of this try. */
export const createSignedPost =
  (deps: SignedPostDeps): PostMessage =>
  async (webhook, { id, body }, signal) => {
    const now = deps.now();
    const signatures = secretsOf(deps, webhook, now).map((secret) => new Signer(secret).sign(id, now, body));
    const headers = {
      'content-type': 'application/json',
      'user-agent': 'Sendpool-Webhooks/1',
      'webhook-id': id,
      'webhook-timestamp': String(Math.floor(now.getTime() / 1000)),
      'webhook-signature': signatures.join(' '),
    };
    return deps.post.send({ url: webhook.url, headers, body, signal });
  };
