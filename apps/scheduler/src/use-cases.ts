/** Puts the use cases of audiences and campaigns together. */
import { createKeyed } from '@sendpool/database';
import { sleep } from '@sendpool/kernel';
import { checkTemplates, parseAddress, previewMail } from '@sendpool/smtp';
import type { AudienceUseCases, CampaignUseCases } from './api/graphql/use-cases.ts';
import type { AudienceStore } from './domain/audience.ts';
import type { Campaign, CampaignStore } from './domain/campaign.ts';
import { createAddContacts, createDeleteContacts } from './domain/change-contacts.ts';
import type { MergeContact } from './domain/choose-contact.ts';
import type { ContactStore } from './domain/contact.ts';
import type { ImportStore } from './domain/contact-import.ts';
import {
  createCancelCampaign,
  createPauseCampaign,
  createResumeCampaign,
  createUnscheduleCampaign,
} from './domain/change-status.ts';
import { createCreateAudience } from './domain/create-audience.ts';
import { createCreateCampaign } from './domain/create-campaign.ts';
import { heldBy, type HeldServers } from './domain/held-servers.ts';
import { createImportContacts } from './domain/import-contacts.ts';
import { createPreviewMessage } from './domain/preview-message.ts';
import { badInput } from './domain/refusal.ts';
import type { SendingView } from './domain/sending-view.ts';
import type { ResendStore } from './domain/resend.ts';
import { createResendRecipients } from './domain/resend-recipients.ts';
import { createSendTestMessage, type TestStore } from './domain/send-test-message.ts';
import { createScheduleCampaign, createStartCampaign, createStartDueCampaign } from './domain/start-campaign.ts';
import { createUpdateCampaign } from './domain/update-campaign.ts';
import { onceOver, type StoreDatabase } from './once.ts';
import { createAudienceStore } from './store/audience.store.ts';
import { createCampaignStore } from './store/campaign.store.ts';
import { createContactStore } from './store/contact.store.ts';
import { createContactImportStore } from './store/contact-import.store.ts';
import { createResendStore } from './store/resend.store.ts';
import { createTestStore } from './store/test-campaign.store.ts';

type Stores = {
  audiences: AudienceStore;
  contacts: ContactStore;
  campaigns: CampaignStore;
  tests: TestStore;
  imports: ImportStore;
  resends: ResendStore;
};

export const createStores = (database: StoreDatabase): Stores => ({
  audiences: createAudienceStore(database),
  contacts: createContactStore(database),
  campaigns: createCampaignStore(database),
  tests: createTestStore(database),
  imports: createContactImportStore(database),
  resends: createResendStore(database),
});

export type UseCaseDeps = Stores & {
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

const render = (content: Content, { email, fields }: MergeContact) =>
  previewMail(content, { email, fields: JSON.parse(fields) as Record<string, unknown> });

type OwnUseCases = Omit<AudienceUseCases & CampaignUseCases, 'once'> & {
  importContacts: ReturnType<typeof createImportContacts>;
  startDueCampaign: ReturnType<typeof createStartDueCampaign>;
};

const createOwn = (given: UseCaseDeps): OwnUseCases => {
  const { audiences, campaigns } = given;
  const deps = { ...rules, ...given, now: Date.now, sleep: (ms: number) => sleep(ms) };
  return {
    audiences,
    campaigns,
    contacts: given.contacts,
    imports: given.imports,
    tests: given.tests,
    createAudience: createCreateAudience(deps),
    addContacts: createAddContacts(deps),
    deleteContacts: createDeleteContacts(deps),
    importContacts: createImportContacts(deps),
    createCampaign: createCreateCampaign(deps),
    updateCampaign: createUpdateCampaign(deps),
    previewMessage: createPreviewMessage({ parseAddress, render }),
    sendTestMessage: createSendTestMessage(deps),
    startCampaign: createStartCampaign(deps),
    startDueCampaign: createStartDueCampaign(deps),
    scheduleCampaign: createScheduleCampaign(deps),
    unscheduleCampaign: createUnscheduleCampaign(deps),
    pauseCampaign: createPauseCampaign(deps),
    resumeCampaign: createResumeCampaign(deps),
    cancelCampaign: createCancelCampaign(deps),
    resendRecipients: createResendRecipients(deps),
    heldBy: (campaign) => heldBy(given.sending, given.held, campaign),
    resends: given.resends.resends,
  };
};

export type SchedulerUseCases = OwnUseCases & Pick<AudienceUseCases & CampaignUseCases, 'once'>;

export const createUseCases = (
  deps: Omit<UseCaseDeps, keyof Stores> & { database: StoreDatabase; secret: string },
): SchedulerUseCases => {
  const { database, secret, ...rest } = deps;
  const plain = createOwn({ ...rest, ...createStores(database) });
  const once = createKeyed({
    once: onceOver(database, secret),
    plain,
    make: (on, afterCommit) =>
      createOwn({
        ...rest,
        ...createStores(on),
        changed: (campaign) => afterCommit(() => rest.changed(campaign)),
      }),
  });
  return { ...plain, once };
};
