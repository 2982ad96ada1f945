/** A campaign, and what the use cases need of its store. */
import type { CampaignRecord, CampaignStatus, RecipientState, UnknownPolicy } from '@sendpool/contracts';
import type { NameFilter, OrderedPage } from './audience.ts';
import type { Refusal, Result } from './refusal.ts';

export type CampaignContent = {
  readonly name: string;
  readonly from: { readonly name: string; readonly address: string };
  readonly replyTo: string | null;
  /** Liquid templates. */
  readonly subject: string;
  readonly html: string | null;
  readonly text: string | null;
};

export type Campaign = CampaignContent & {
  readonly id: string;
  /** Names the campaign inside the scheduler's database. */
  readonly number: number;
  readonly status: CampaignStatus;
  /** Grows with each change of content or status. */
  readonly revision: number;
  readonly audienceId: string;
  readonly poolId: string;
  readonly unknownPolicy: UnknownPolicy;
  /** True once the audience is written down as recipients. */
  readonly prepared: boolean;
  readonly createdAt: Date;
  readonly scheduledAt: Date | null;
  readonly startedAt: Date | null;
  readonly finishedAt: Date | null;
  /** Why it is PAUSED, in words for people, when nobody paused it by hand. */
  readonly pausedReason: string | null;
  /** Id of the campaign that this is a test message of; null for all others. */
  readonly testOf: string | null;
  /** The request that started it, when that is traced (W3C traceparent): its messages belong to the same trace. */
  readonly trace?: string | undefined;
};

/** The parts of a campaign that a change may touch. */
export type CampaignPatch = Partial<
  Omit<Campaign, 'id' | 'number' | 'revision' | 'createdAt' | 'prepared' | 'testOf'> & { readonly prepared: boolean }
>;

export type CampaignProgress = {
  readonly status: CampaignStatus;
  /** Recipients by state. */
  readonly counts: Readonly<Record<RecipientState, number>>;
  readonly deferredThenAccepted: number;
  /** Why nothing moves, or which limit sets the pace; null when nothing holds it back. */
  readonly waitingFor: string | null;
};

/** One recipient as the API shows it. */
export type RecipientView = {
  readonly campaignId: string;
  readonly number: number;
  readonly email: string;
  readonly state: RecipientState;
  readonly tries: number;
  readonly dueAt: Date | null;
  readonly lastReply: string | null;
};

/** `state` null: in whatever state. */
export type RecipientPage = { readonly state: RecipientState | null; readonly first: number; readonly after: number };

/** `statuses` null: in whatever status. */
export type CampaignFilter = NameFilter & { readonly statuses: readonly CampaignStatus[] | null };

export type CampaignStore = {
  insert(campaign: Omit<Campaign, 'number'>): Promise<Campaign>;
  find(id: string): Promise<Campaign | undefined>;
  findMany(ids: readonly string[]): Promise<Campaign[]>;
  /** Up to `first` + 1, without tests. */
  page(page: OrderedPage & CampaignFilter): Promise<Campaign[]>;
  count(filter: CampaignFilter): Promise<number>;
  /** Locks the campaign, asks `decide` for the patch, and stores it as the next revision in the same transaction. */
  change(id: string, decide: (campaign: Campaign) => Result<CampaignPatch>): Promise<Result<Campaign>>;
  progress(ids: readonly string[]): Promise<ReadonlyMap<string, CampaignProgress>>;
  /** Up to `first` + 1 recipients beyond number `after` (-1 from the start), in their order. */
  recipients(id: string, page: RecipientPage): Promise<RecipientView[]>;
  /** The same page of each of these campaigns; one without recipients there has no entry. */
  recipientsOf(ids: readonly string[], page: RecipientPage): Promise<ReadonlyMap<string, RecipientView[]>>;
};

/** Parses one address for a From or Reply-To header; handed in, because the rules of mail live with the SMTP adapter. */
export type ParseAddress = (
  text: string,
) => { ok: true; address: string; domain: string } | { ok: false; reason: string };

/** Faults of the templates, as refusals with a path into the input. */
export type CheckTemplates = (content: Pick<CampaignContent, 'subject' | 'html' | 'text'>) => readonly Refusal[];

export const campaignRecordOf = (campaign: Campaign): CampaignRecord => ({
  id: campaign.id,
  revision: campaign.revision,
  status: campaign.status,
  poolId: campaign.poolId,
  unknownPolicy: campaign.unknownPolicy,
  from: { name: campaign.from.name, address: campaign.from.address },
  replyTo: campaign.replyTo,
  subject: campaign.subject,
  html: campaign.html,
  text: campaign.text,
});
