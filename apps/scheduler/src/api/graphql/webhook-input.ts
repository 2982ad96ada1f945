/** What an edit of a webhook asks for, as the use case takes it. */
import type { WebhookEdit } from '../../domain/change-webhooks.ts';
import { badInput, done, refuse, type Result } from '../../domain/refusal.ts';
import type { UpdateWebhookInput } from './schema.generated.ts';

const needed = ['name', 'url', 'events', 'enabled'] as const;

/** Null ends the restriction to a campaign, and is refused by its path for the others. */
export const webhookEditOf = (input: UpdateWebhookInput): Result<WebhookEdit> => {
  const faults = needed.filter((field) => input[field] === null);
  if (faults.length > 0)
    return refuse(
      ...faults.map((field) => badInput('a webhook cannot be without it: leave the field out to keep it', field)),
    );
  const { name, url, events, campaignId, enabled } = input;
  return done({
    ...(name == null ? {} : { name }),
    ...(url == null ? {} : { url }),
    ...(events == null ? {} : { events }),
    ...(campaignId === undefined ? {} : { campaignId }),
    ...(enabled == null ? {} : { enabled }),
  });
};
