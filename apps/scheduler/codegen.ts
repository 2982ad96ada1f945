/** Resolver types of the scheduler subgraph; what a resolver gets as its parent is the domain's own type. */
import { subgraph } from '../../codegen.base.ts';

const counted = (model: string) => `@sendpool/graphql#CountedConnection<${model}>`;

export default subgraph({
  Audience: '../../domain/audience.ts#Audience as AudienceModel',
  ContactImport: '../../domain/contact-import.ts#ContactImport as ContactImportModel',
  Campaign: '../../domain/campaign.ts#Campaign as CampaignModel',
  CampaignProgress: '../../domain/campaign.ts#CampaignProgress as ProgressModel',
  MessagePreview: '../../domain/preview-message.ts#MessagePreview as PreviewModel',
  Resend: '../../domain/resend.ts#Resend as ResendModel',
  Webhook: '../../domain/webhook.ts#Webhook as WebhookModel',
  WebhookDelivery: '../../domain/webhook.ts#WebhookDelivery as WebhookDeliveryModel',
  Recipient: '../../domain/campaign.ts#RecipientView as RecipientModel',
  Contact: '../../domain/contact.ts#Contact as ContactModel',
  ContactConnection: counted('ContactModel'),
  AudienceConnection: counted('AudienceModel'),
  ContactImportConnection: counted('ContactImportModel'),
  CampaignConnection: counted('CampaignModel'),
  RecipientConnection: counted('RecipientModel'),
  WebhookConnection: counted('WebhookModel'),
  WebhookDeliveryConnection: counted('WebhookDeliveryModel'),
});
