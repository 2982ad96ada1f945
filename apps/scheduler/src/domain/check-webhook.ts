/** Checks what people give to a webhook. All faults are told at once. */
import { checkName } from '@sendpool/contracts';
import type { CampaignStore } from './campaign.ts';
import { badInput, done, notFound, refuse, type Refusal, type Result } from './refusal.ts';
import type { WebhookEvent } from './webhook.ts';
import { checkWebhookUrl, notPublic } from './webhook-url.ts';

export type WebhookFields = {
  readonly name: string;
  readonly url: string;
  readonly events: readonly WebhookEvent[];
  readonly campaignId: string | null;
};

export type CheckWebhookDeps = {
  readonly campaigns: Pick<CampaignStore, 'find'>;
  /** As in `checkWebhookUrl`. */
  readonly allowPrivate: boolean;
  /** False when the host is not known or leads to a private address, and those are not allowed. */
  isReachable(url: URL): Promise<boolean>;
};

const checkUrl = async (deps: CheckWebhookDeps, text: string): Promise<Result<string>> => {
  const url = checkWebhookUrl(text, deps.allowPrivate);
  if (!url.ok) return url;
  return (await deps.isReachable(url.value)) ? done(url.value.href) : refuse(badInput(notPublic, 'url'));
};

const checkCampaign = async ({ campaigns }: CheckWebhookDeps, id: string | null): Promise<Refusal[]> =>
  id === null || (await campaigns.find(id)) !== undefined ? [] : [notFound('campaign', 'campaignId')];

/** The fields as they are stored: name without blanks around it, URL in its normal form, each event once. */
export const checkWebhook = async (deps: CheckWebhookDeps, given: WebhookFields): Promise<Result<WebhookFields>> => {
  const name = checkName(given.name);
  const url = await checkUrl(deps, given.url);
  const events = [...new Set(given.events)];
  const errors = [
    ...(name.ok ? [] : [badInput(name.message, 'name')]),
    ...(url.ok ? [] : url.errors),
    ...(events.length > 0 ? [] : [badInput('name at least one event', 'events')]),
    ...(await checkCampaign(deps, given.campaignId)),
  ];
  if (!name.ok || !url.ok || errors.length > 0) return refuse(...errors);
  return done({ name: name.value, url: url.value, events, campaignId: given.campaignId });
};
