/** Inputs of the campaign mutations as the use cases take them. */
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

/** Null empties what may be empty; for the others it is the same as leaving them out. */
export const editOf = (input: UpdateArguments): CampaignEdit => ({
  ...(input.name == null ? {} : { name: input.name.trim() }),
  ...(input.from == null ? {} : { from: input.from }),
  ...(input.subject == null ? {} : { subject: input.subject }),
  ...(input.replyTo === undefined ? {} : { replyTo: input.replyTo }),
  ...(input.html === undefined ? {} : { html: input.html }),
  ...(input.text === undefined ? {} : { text: input.text }),
  ...(input.audienceId == null ? {} : { audienceId: input.audienceId }),
  ...(input.sendingSettings == null
    ? {}
    : {
        poolId: input.sendingSettings.poolId,
        unknownPolicy: input.sendingSettings.unknownPolicy ?? 'HOLD',
      }),
});

export const resendOf = (input: ResendArguments): ResendInput => ({
  campaignId: input.campaignId,
  states: input.states ?? [],
  recipients: input.recipients ?? null,
  idempotencyKey: input.idempotencyKey,
});
