/** Signs messages as the Standard Webhooks specification says, and sends them. */
import type { SealedSecret } from '@sendpool/contracts';
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

const secretsOf = ({ secret, previousSecret, previousUntil }: Target, now: Date): SealedSecret[] =>
  previousSecret !== null && previousUntil !== null && previousUntil > now ? [secret, previousSecret] : [secret];

/** One signature for each secret in force, with a blank between them; the time is that of this try. */
export const createSignedPost =
  (deps: SignedPostDeps): PostMessage =>
  async (webhook, { id, body }, signal) => {
    const now = deps.now();
    const signatures = secretsOf(webhook, now).map((sealed) =>
      new Signer(deps.open(sealed, webhook.id)).sign(id, now, body),
    );
    const headers = {
      'content-type': 'application/json',
      'user-agent': 'Sendpool-Webhooks/1',
      'webhook-id': id,
      'webhook-timestamp': String(Math.floor(now.getTime() / 1000)),
      'webhook-signature': signatures.join(' '),
    };
    return deps.post.send({ url: webhook.url, headers, body, signal });
  };
