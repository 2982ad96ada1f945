/**
 * What the shape of the public schema does not tell of single fields: lists without a page size, and work that is not in the answer.
 * Lists that are not here count about what is usual, 10, though members of a pool may be 64 and limits by provider 50: a page of 100 pools
 * must stay allowed.
 */
import type { CostTable } from '@sendpool/graphql';

export const costs: CostTable = {
  'Campaign.resends': { rows: 100 },
  'Campaign.tests': { rows: 20 },
  // Half a megabyte each, at most.
  'Campaign.html': { weight: 20 },
  'Campaign.text': { weight: 20 },
  // Reads the templates and renders them.
  'Campaign.preview': { weight: 100 },
  'ServerStats.byProvider': { rows: 20 },
  // Most verdicts are about a server, and name no campaign.
  'RotationVerdict.campaigns': { rows: 1 },
  // One row for each member and window.
  'SendingServerPool.bounceReport': { rows: 40 },
  // Simulates days of sending over all members.
  'SendingServerPool.plan': { weight: 50 },
  // Reads the log, also where nothing in it is asked for.
  'Query.deliveryEvents': { weight: 100 },
  'Subscription.deliveryEvents': { weight: 100 },
  // Connects to a server elsewhere.
  'Mutation.verifySendingServer': { weight: 100 },
  'Mutation.testWebhook': { weight: 100 },
  // Writes a row for each contact.
  'Mutation.addContacts': { weight: 100 },
  'Mutation.deleteContacts': { weight: 100 },
  'Mutation.startCampaign': { weight: 100 },
  'Mutation.sendTestMessage': { weight: 100 },
  'Mutation.resendRecipients': { weight: 100 },
  // Checks all that a start does.
  'Mutation.scheduleCampaign': { weight: 100 },
};
