/** The campaigns as the senders may send them: the newest revision of each, compiled when its first message comes. */
import type { CampaignRecord, CampaignStatus } from '@sendpool/contracts';
import type { CompiledCampaign } from '@sendpool/smtp';
import { createNewest } from '../domain/newest.ts';
import { domainOf } from '../domain/provider.ts';

type SendableCampaign = {
  readonly id: string;
  readonly revision: number;
  readonly status: CampaignStatus;
  readonly poolId: string;
  readonly fromAddress: string;
  readonly fromDomain: string;
  /** Throws AppError BAD_INPUT, each time, when a template cannot be read. */
  content(): CompiledCampaign;
};

export type Campaigns = {
  get(id: string): SendableCampaign | undefined;
  /** False when the same or a higher revision is known. */
  apply(record: CampaignRecord): boolean;
};

export type Compile = (record: CampaignRecord) => CompiledCampaign;

const isOver = (status: CampaignStatus): boolean => status === 'FINISHED' || status === 'CANCELLED';

/** Campaigns that are over keep their status and lose their content, so that the memory of a sender does not grow with history. */
const lightened = (record: CampaignRecord): CampaignRecord =>
  isOver(record.status) ? { ...record, subject: '', html: null, text: '' } : record;

const sendable = (record: CampaignRecord, compile: Compile): SendableCampaign => {
  let compiled: CompiledCampaign | undefined;
  return {
    id: record.id,
    revision: record.revision,
    status: record.status,
    poolId: record.poolId,
    fromAddress: record.from.address,
    fromDomain: domainOf(record.from.address),
    content: () => (compiled ??= compile(record)),
  };
};

export const createCampaigns = (compile: Compile): Campaigns => {
  const newest = createNewest<SendableCampaign>();
  return {
    get: (id) => newest.get(id),
    apply: (record) => newest.put(sendable(lightened(record), compile)),
  };
};
