/** What the resolvers call: the use cases of this service and the reading side of its stores. */
import type { Audience, AudienceStore } from '../../domain/audience.ts';
import type { Campaign, CampaignStore } from '../../domain/campaign.ts';
import type { CreateCampaignInput } from '../../domain/create-campaign.ts';
import type { Result } from '../../domain/refusal.ts';
import type { Resend, ResendInput, Resent } from '../../domain/resend.ts';
import type { CampaignEdit } from '../../domain/update-campaign.ts';

export type AudienceUseCases = {
  audiences: Pick<AudienceStore, 'find' | 'findMany' | 'page'>;
  createAudience(input: { name: string }): Promise<Result<Audience>>;
};

export type CampaignUseCases = {
  audiences: Pick<AudienceStore, 'findMany'>;
  campaigns: Pick<CampaignStore, 'find' | 'page' | 'progress' | 'recipients'>;
  createCampaign(input: CreateCampaignInput): Promise<Result<Campaign>>;
  updateCampaign(id: string, edit: CampaignEdit): Promise<Result<Campaign>>;
  /** `trace`: the span of the request. */
  startCampaign(id: string, trace?: string): Promise<Result<Campaign>>;
  scheduleCampaign(id: string, at: Date): Promise<Result<Campaign>>;
  pauseCampaign(id: string): Promise<Result<Campaign>>;
  resumeCampaign(id: string): Promise<Result<Campaign>>;
  cancelCampaign(id: string): Promise<Result<Campaign>>;
  /** `actor`: id of the key that asks. */
  resendRecipients(input: ResendInput, actor: string): Promise<Result<Resent>>;
  /** The reason for which its messages wait in the senders: every server that it may use is at a limit; null = none. */
  heldBy(campaign: Campaign): string | null;
  resends(campaignIds: readonly string[]): Promise<ReadonlyMap<string, Resend[]>>;
};

export type UseCases = AudienceUseCases & CampaignUseCases;
