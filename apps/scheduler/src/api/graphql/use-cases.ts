/** What the resolvers call: the use cases of this service and the reading side of its stores. */
import type { Once } from '@sendpool/contracts';
import type { Audience, AudienceStore } from '../../domain/audience.ts';
import type { Campaign, CampaignStore } from '../../domain/campaign.ts';
import type { AddedContacts, ContactInput, DeletedContacts } from '../../domain/change-contacts.ts';
import type { ContactStore } from '../../domain/contact.ts';
import type { ImportStore } from '../../domain/contact-import.ts';
import type { CreateCampaignInput } from '../../domain/create-campaign.ts';
import type { Result } from '../../domain/refusal.ts';
import type { MessagePreview, PreviewAsked } from '../../domain/preview-message.ts';
import type { TestMessageInput, TestStore } from '../../domain/send-test-message.ts';
import type { Resend, ResendInput, Resent } from '../../domain/resend.ts';
import type { CampaignEdit } from '../../domain/update-campaign.ts';
import type { MadeWebhook, WebhookEdit } from '../../domain/change-webhooks.ts';
import type { WebhookFields } from '../../domain/check-webhook.ts';
import type { ReplayInput, WebhookTest } from '../../domain/use-webhooks.ts';
import type { Webhook, WebhookLog, WebhookStore } from '../../domain/webhook.ts';

export type AudienceUseCases = {
  contacts: Pick<ContactStore, 'page' | 'counts'>;
  audiences: Pick<AudienceStore, 'find' | 'findMany' | 'page' | 'count'>;
  imports: Pick<ImportStore, 'find' | 'findMany' | 'page' | 'counts'>;
  createAudience(input: { name: string }): Promise<Result<Audience>>;
  addContacts(input: { audienceId: string; contacts: readonly ContactInput[] }): Promise<Result<AddedContacts>>;
  deleteContacts(input: { audienceId: string; emails: readonly string[] }): Promise<Result<DeletedContacts>>;
  once: Once<Pick<AudienceUseCases, 'createAudience' | 'addContacts'>>;
};

export type CampaignUseCases = {
  audiences: Pick<AudienceStore, 'findMany'>;
  campaigns: Pick<CampaignStore, 'find' | 'findMany' | 'page' | 'count' | 'progress' | 'recipientsOf'>;
  createCampaign(input: CreateCampaignInput): Promise<Result<Campaign>>;
  once: Once<Omit<CampaignUseCases, 'once'>>;
  updateCampaign(id: string, edit: CampaignEdit): Promise<Result<Campaign>>;
  /** `trace`: the span of the request. */
  startCampaign(id: string, trace?: string): Promise<Result<Campaign>>;
  scheduleCampaign(id: string, at: Date): Promise<Result<Campaign>>;
  unscheduleCampaign(id: string): Promise<Result<Campaign>>;
  pauseCampaign(id: string): Promise<Result<Campaign>>;
  resumeCampaign(id: string): Promise<Result<Campaign>>;
  cancelCampaign(id: string): Promise<Result<Campaign>>;
  /** `actor`: id of the key that asks. */
  resendRecipients(input: ResendInput, actor: string): Promise<Result<Resent>>;
  /** The reason for which its messages wait in the senders: every server that it may use is at a limit; null = none. */
  heldBy(campaign: Campaign): string | null;
  contacts: Pick<ContactStore, 'findIn'>;
  tests: Pick<TestStore, 'testsOf'>;
  previewMessage(asked: PreviewAsked): Promise<Result<MessagePreview>>;
  /** Resolves to the campaign that sends it; `trace`: the span of the request. */
  sendTestMessage(input: TestMessageInput, trace?: string): Promise<Result<Campaign>>;
  resends(campaignIds: readonly string[]): Promise<ReadonlyMap<string, Resend[]>>;
};

export type WebhookUseCases = {
  webhooks: Pick<WebhookStore, 'find' | 'page' | 'count'>;
  webhookLog: Pick<WebhookLog, 'page' | 'counts'>;
  createWebhook(input: WebhookFields): Promise<Result<MadeWebhook>>;
  onceWebhook: Once<Pick<WebhookUseCases, 'createWebhook'>>;
  updateWebhook(id: string, edit: WebhookEdit): Promise<Result<Webhook>>;
  rotateWebhookSecret(id: string): Promise<Result<MadeWebhook>>;
  /** Resolves to the id. */
  deleteWebhook(id: string): Promise<Result<string>>;
  testWebhook(id: string): Promise<Result<WebhookTest>>;
  replayWebhook(id: string, input: ReplayInput): Promise<Result<{ webhook: Webhook; count: number }>>;
};

export type UseCases = AudienceUseCases & CampaignUseCases & WebhookUseCases;
