/** Inputs of the campaign mutations as the use cases take them. */
import { badInput, done, refuse, type Refusal, type Result } from '../../domain/refusal.ts';
import type { CreateCampaignInput } from '../../domain/create-campaign.ts';
import type { CampaignEdit } from '../../domain/update-campaign.ts';
import type { ResendInput } from '../../domain/resend.ts';
import type {
  CreateCampaignInput as CreateArguments,
  ResendRecipientsInput as ResendArguments,
  UpdateCampaignInput as UpdateArguments,
} from './schema.generated.ts';

export const createInputOf = (input: CreateArguments): CreateCampaignInput => ({
  name: input.name.trim(),
  from: input.from,
  replyTo: input.replyTo ?? null,
  subject: input.subject,
  html: input.html ?? null,
  text: input.text ?? null,
  audienceId: input.audienceId,
  poolId: input.sendingSettings.poolId,
  unknownPolicy: input.sendingSettings.unknownPolicy ?? 'HOLD',
});

const needed = ['name', 'from', 'subject', 'audienceId', 'sendingSettings'] as const;
const neededSettings = ['poolId', 'unknownPolicy'] as const;

const nullFault = (...path: string[]): Refusal =>
  badInput('a campaign cannot be without it: leave the field out to keep it', ...path);

const nullFaults = (input: UpdateArguments): Refusal[] => [
  ...needed.filter((field) => input[field] === null).map((field) => nullFault(field)),
  ...neededSettings
    .filter((field) => input.sendingSettings?.[field] === null)
    .map((field) => nullFault('sendingSettings', field)),
];

/** Null empties what may be empty, and is refused by its path for the others. */
export const editOf = (input: UpdateArguments): Result<CampaignEdit> => {
  const faults = nullFaults(input);
  if (faults.length > 0) return refuse(...faults);
  const { poolId, unknownPolicy } = input.sendingSettings ?? {};
  return done({
    ...(input.name == null ? {} : { name: input.name.trim() }),
    ...(input.from == null ? {} : { from: input.from }),
    ...(input.subject == null ? {} : { subject: input.subject }),
    ...(input.replyTo === undefined ? {} : { replyTo: input.replyTo }),
    ...(input.html === undefined ? {} : { html: input.html }),
    ...(input.text === undefined ? {} : { text: input.text }),
    ...(input.audienceId == null ? {} : { audienceId: input.audienceId }),
    ...(poolId == null ? {} : { poolId }),
    ...(unknownPolicy == null ? {} : { unknownPolicy }),
  });
};

export const resendOf = (input: ResendArguments): ResendInput => ({
  campaignId: input.campaignId,
  states: input.states ?? [],
  recipientNumbers: input.recipientNumbers ?? null,
  idempotencyKey: input.idempotencyKey,
});
