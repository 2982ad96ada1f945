/** Puts the use cases of audiences and campaigns together. */
import { sleep } from '@sendpool/kernel';
import { checkTemplates, parseAddress } from '@sendpool/smtp';
import type { UseCases } from './api/graphql/use-cases.ts';
import type { AudienceStore } from './domain/audience.ts';
import type { Campaign, CampaignStore } from './domain/campaign.ts';
import { createCancelCampaign, createPauseCampaign, createResumeCampaign } from './domain/change-status.ts';
import { createCreateAudience } from './domain/create-audience.ts';
import { createCreateCampaign } from './domain/create-campaign.ts';
import { heldBy, type HeldServers } from './domain/held-servers.ts';
import { createImportContacts } from './domain/import-contacts.ts';
import { badInput } from './domain/refusal.ts';
import type { SendingView } from './domain/sending-view.ts';
import type { ResendStore } from './domain/resend.ts';
import { createResendRecipients } from './domain/resend-recipients.ts';
import { createScheduleCampaign, createStartCampaign } from './domain/start-campaign.ts';
import { createUpdateCampaign } from './domain/update-campaign.ts';

export type UseCaseDeps = {
  audiences: AudienceStore;
  campaigns: CampaignStore;
  resends: ResendStore;
  sending: SendingView;
  held: HeldServers;
  /** As in `RetryPolicy.unknownGraceMs`. */
  graceMs: number;
  /** A campaign has a new revision. */
  changed(campaign: Campaign): void;
};

type Content = Parameters<typeof checkTemplates>[0];

const rules = {
  parseAddress,
  checkTemplates: (content: Content) => checkTemplates(content).map(({ message, path }) => badInput(message, ...path)),
};

export type SchedulerUseCases = UseCases & { importContacts: ReturnType<typeof createImportContacts> };

export const createUseCases = (given: UseCaseDeps): SchedulerUseCases => {
  const { audiences, campaigns } = given;
  const deps = { ...rules, ...given, now: Date.now, sleep: (ms: number) => sleep(ms) };
  return {
    audiences,
    campaigns,
    createAudience: createCreateAudience(deps),
    importContacts: createImportContacts(deps),
    createCampaign: createCreateCampaign(deps),
    updateCampaign: createUpdateCampaign(deps),
    startCampaign: createStartCampaign(deps),
    scheduleCampaign: createScheduleCampaign(deps),
    pauseCampaign: createPauseCampaign(deps),
    resumeCampaign: createResumeCampaign(deps),
    cancelCampaign: createCancelCampaign(deps),
    resendRecipients: createResendRecipients(deps),
    heldBy: (campaign) => heldBy(given.sending, given.held, campaign),
    resends: given.resends.resends,
  };
};
