/**
 * Sends a campaign as it is now to a few addresses. The test is a campaign of its own, with the content copied and the addresses as its
 * audience: it is prepared, sent and counted as any other, and the campaign that it tests stays as it is.
 */
import { newId } from '@sendpool/kernel';
import type { Campaign, CampaignStore, ParseAddress } from './campaign.ts';
import { chooseContact, type MergeContact } from './choose-contact.ts';
import type { ContactStore } from './contact.ts';
import { badInput, conflict, done, notFound, refuse, type Result } from './refusal.ts';
import { sendFaults, type SendChecks } from './start-campaign.ts';

export type TestMessageInput = {
  readonly campaignId: string;
  readonly to: readonly string[];
  /** Address of the contact whose fields fill the templates; null: the one that was made first. */
  readonly contactEmail: string | null;
};

/** A test and the contacts of its audience, which is made with it: `campaign.audienceId`. */
export type NewTest = { readonly campaign: Omit<Campaign, 'number'>; readonly contacts: readonly MergeContact[] };

export type TestStore = {
  /**
   * Both or nothing. An address counts once, whatever its letter case; one whose contact in the audience of the campaign wants no more mail
   * gets none by a test either.
   */
  insert(test: NewTest): Promise<Campaign>;
  /** The newest tests of each of these campaigns, the newest first. */
  testsOf(campaignIds: readonly string[]): Promise<ReadonlyMap<string, Campaign[]>>;
};

export type SendTestDeps = SendChecks & {
  campaigns: Pick<CampaignStore, 'find'>;
  contacts: Pick<ContactStore, 'findIn'>;
  tests: Pick<TestStore, 'insert'>;
  changed(campaign: Campaign): void;
  now(): number;
};

const mostAddresses = 10;

const addressesOf = (to: readonly string[], parseAddress: ParseAddress): Result<string[]> => {
  if (to.length === 0 || to.length > mostAddresses) return refuse(badInput(`1 to ${mostAddresses} addresses`, 'to'));
  const parsed = to.map(parseAddress);
  const faults = parsed.flatMap((one, index) => (one.ok ? [] : [badInput(one.reason, 'to', String(index))]));
  return faults.length > 0 ? refuse(...faults) : done(parsed.flatMap((one) => (one.ok ? [one.address] : [])));
};

const testOf = (campaign: Campaign, now: number, trace: string | undefined): Omit<Campaign, 'number'> => {
  const { number: _, ...copied } = campaign;
  return {
    ...copied,
    id: newId(now),
    audienceId: newId(now),
    status: 'PREPARING',
    revision: 1,
    prepared: false,
    createdAt: new Date(now),
    scheduledAt: null,
    startedAt: new Date(now),
    finishedAt: null,
    pausedReason: null,
    testOf: campaign.id,
    trace,
  };
};

/** A test knows only of its own addresses who wants no more mail. */
const whyNoTest = ({ status, testOf: tested }: Campaign): string | null => {
  if (status === 'CANCELLED') return 'the campaign is CANCELLED: nothing more is sent of it';
  return tested === null ? null : `the campaign is a test itself: send a test of ${tested}`;
};

const findCampaign = async ({ campaignId }: TestMessageInput, deps: SendTestDeps): Promise<Result<Campaign>> => {
  const campaign = await deps.campaigns.find(campaignId);
  if (campaign === undefined) return refuse(notFound('campaign', 'campaignId'));
  const why = whyNoTest(campaign);
  return why === null ? done(campaign) : refuse(conflict(why, ['input', 'campaignId']));
};

/** Looked for in the audience of the campaign. */
const fillingContact = (
  { audienceId }: Campaign,
  { contactEmail }: TestMessageInput,
  { contacts, parseAddress }: SendTestDeps,
): Promise<Result<MergeContact>> => {
  const find = async (email: string | null) => (await contacts.findIn([audienceId], email)).get(audienceId);
  return chooseContact(contactEmail, ['input', 'contactEmail'], { parseAddress, find });
};

/** The addresses with the fields of that contact, or all that is wrong with both. */
const contactsOf = async (
  campaign: Campaign,
  input: TestMessageInput,
  deps: SendTestDeps,
): Promise<Result<MergeContact[]>> => {
  const addresses = addressesOf(input.to, deps.parseAddress);
  const filling = await fillingContact(campaign, input, deps);
  if (addresses.ok && filling.ok)
    return done(addresses.value.map((email) => ({ email, fields: filling.value.fields })));
  return refuse(...(addresses.ok ? [] : addresses.errors), ...(filling.ok ? [] : filling.errors));
};

export const createSendTestMessage =
  (deps: SendTestDeps) =>
  async (input: TestMessageInput, trace?: string): Promise<Result<Campaign>> => {
    const campaign = await findCampaign(input, deps);
    if (!campaign.ok) return campaign;
    const contacts = await contactsOf(campaign.value, input, deps);
    const faults = [...(contacts.ok ? [] : contacts.errors), ...(await sendFaults(campaign.value, deps))];
    if (!contacts.ok || faults.length > 0) return refuse(...faults);
    const draft = testOf(campaign.value, deps.now(), trace);
    const test = await deps.tests.insert({ campaign: draft, contacts: contacts.value });
    deps.changed(test);
    return done(test);
  };
