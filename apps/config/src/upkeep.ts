/** What this service does without being asked: it brings verdicts into force, ends rotations in time, looks at SES accounts, and keeps when API keys were used. */
import type { EventLog } from '@sendpool/event-log';
import { repeat, type Log, type Metrics, type Part } from '@sendpool/service';
import { followKeyUses } from './api/events/api-key-uses.follower.ts';
import { createRotationVerdicts, createVerdictCounter } from './api/events/rotation-verdicts.consumer.ts';
import { createRefreshSesAccounts, type RefreshSesDeps } from './domain/refresh-ses-account.ts';
import { createReturnMembers } from './domain/return-members.ts';
import { createSettleVerdict } from './domain/settle-verdict.ts';
import type { KeyStore, PoolStore, RotationStore, ServerStore } from './domain/stores.ts';

export type UpkeepDeps = {
  eventLog: EventLog;
  stores: { servers: ServerStore; pools: PoolStore; keys: KeyStore; rotations: RotationStore };
  probe: RefreshSesDeps['probe'];
  log: Log;
  metrics: Metrics;
};

const returnEveryMs = 5000;
/** How often it is looked which accounts are due; each is asked once an hour. */
const refreshEveryMs = 60_000;

const now = (): Date => new Date();

export const createUpkeep = ({ eventLog, stores, probe, log, metrics }: UpkeepDeps): Part[] => {
  const { servers } = stores;
  const returnMembers = createReturnMembers({ pools: stores.pools, now });
  const refreshAccounts = createRefreshSesAccounts({ servers, probe, now });
  return [
    followKeyUses({ eventLog, noteUse: stores.keys.noteUse, log }),
    createRotationVerdicts({
      eventLog,
      settle: createSettleVerdict(stores),
      verdicts: createVerdictCounter(metrics),
      log,
    }),
    repeat({ name: 'return-members', everyMs: returnEveryMs, work: returnMembers, log }),
    repeat({ name: 'ses-accounts', everyMs: refreshEveryMs, work: refreshAccounts, log }),
  ];
};
