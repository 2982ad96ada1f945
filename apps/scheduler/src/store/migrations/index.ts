/** Every migration of the scheduler's schema, in order. */
import type { MigrationClass } from '@sendpool/database';
import { AudiencesAndCampaigns1764000000000 } from './1764000000000-audiences-and-campaigns.ts';
import { RecipientsAndLanes1764000100000 } from './1764000100000-recipients-and-lanes.ts';
import { PoolPausesByLane1764000200000 } from './1764000200000-pool-pauses-by-lane.ts';
import { CampaignTrace1764000300000 } from './1764000300000-campaign-trace.ts';
import { ReasonsOfWaiting1764000400000 } from './1764000400000-reasons-of-waiting.ts';
import { HeededVerdicts1764000500000 } from './1764000500000-heeded-verdicts.ts';
import { Resends1764000600000 } from './1764000600000-resends.ts';
import { Webhooks1764000800000 } from './1764000800000-webhooks.ts';
import { ContactImports1764000900000 } from './1764000900000-contact-imports.ts';
import { Idempotency1764001000000 } from './1764001000000-idempotency.ts';
import { TestMessages1764001100000 } from './1764001100000-test-messages.ts';
import { ListIndexes1764001200000 } from './1764001200000-list-indexes.ts';
import { RemovedContacts1764001300000 } from './1764001300000-removed-contacts.ts';

export const migrations: MigrationClass[] = [
  AudiencesAndCampaigns1764000000000,
  RecipientsAndLanes1764000100000,
  PoolPausesByLane1764000200000,
  CampaignTrace1764000300000,
  ReasonsOfWaiting1764000400000,
  HeededVerdicts1764000500000,
  Resends1764000600000,
  Webhooks1764000800000,
  ContactImports1764000900000,
  Idempotency1764001000000,
  TestMessages1764001100000,
  ListIndexes1764001200000,
  RemovedContacts1764001300000,
];
