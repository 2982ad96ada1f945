export { parseAddress, type ParsedAddress } from './address.ts';
export { classifyRefusal, type Refusal } from './classify.ts';
export type { RefusalReason } from './reply-rules.ts';
export {
  checkTemplates,
  compileCampaign,
  type CampaignContent,
  type CompiledCampaign,
  type MailRecipient,
  type TemplateError,
} from './compile/campaign.ts';
export { previewMail, type MailPreview } from './compile/preview.ts';
export { openConnection } from './conversation.ts';
export { probeServer } from './probe.ts';
export { parseReply } from './reply.ts';
export {
  SmtpFailure,
  defaultTimeouts,
  type ConnectionOptions,
  type FailureKind,
  type SmtpServer,
  type SmtpTimeouts,
} from './server.ts';
/** The words of every transport, for those who name them after SMTP. */
export type { MailConnection as SmtpConnection, ProbeResult, SendResult } from '@sendpool/contracts';
