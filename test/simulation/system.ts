/** Everything outside the processes, and the numbers of the simulated system: small, so that rare meetings are common. */
import type { CampaignStatus, DeliveryEvent } from '@sendpool/contracts';
import type { RetryPolicy } from '../../apps/scheduler/src/domain/recipient.ts';
import type { LanePosition } from '../../apps/stats/src/domain/count-events.ts';
import type { CountDelta } from '../../apps/stats/src/domain/counts.ts';
import type { Backup } from './backup.ts';
import type { FakeDatabase } from './fake-database.ts';
import type { FakeTopic, Group } from './fake-log.ts';
import type { FakeSmtp } from './fake-smtp.ts';
import type { Plant } from './plants.ts';
import type { Life, World } from './world.ts';

export const sizes = {
  lanes: 2,
  recipients: 20,
  started: 3,
  window: 12,
  offered: 4,
  campaignWindow: 4,
  slice: 4,
  probe: 2,
  leaseMs: 300,
  sessionMs: 300,
  rebalanceMs: 500,
  drainMs: 120,
  requestMs: 80,
  latestMs: 2000,
  busyAfterMs: 900,
  fenceDistance: 1000,
} as const;

/** Longer than any conversation lasts, also one of a process that stands still for a while. */
export const longGraceMs = 2500;

export const policyWith = (unknownGraceMs: number): RetryPolicy => ({
  delaysMs: [150, 300],
  jitter: 0.2,
  maxAgeMs: 1500,
  unknownGraceMs,
  maxUnknowns: 3,
  maxGaps: 50,
  poolPauseMs: { first: 30, max: 200 },
  releaseDelayMs: 100,
  providerLimitDelayMs: 100,
});

/** What lies in the campaigns topic. */
export type CampaignView = { readonly id: string; readonly revision: number; readonly status: CampaignStatus };

export type StatsTables = { readonly lanes: Map<number, LanePosition>; readonly deltas: CountDelta[] };

export type System = {
  readonly world: World;
  readonly database: FakeDatabase;
  readonly stats: StatsTables;
  readonly requests: FakeTopic<string>;
  readonly events: FakeTopic<DeliveryEvent>;
  readonly campaigns: FakeTopic<CampaignView>;
  readonly groups: { readonly sender: Group; readonly scheduler: Group; readonly stats: Group };
  readonly smtp: FakeSmtp;
  readonly plant: Plant;
  readonly policy: RetryPolicy;
  /** No sender finds a server before this time. */
  noServerUntil: number;
  /** The next batch of send requests is acknowledged and lost. */
  losesBatch: boolean;
  /** The database or the log is being restored: schedulers and stats stay down. */
  isDown: boolean;
  /** The newest backup. */
  backup: Backup | undefined;
  /** The log was restored to an older state: what the statistics have counted cannot be counted again. */
  hasLostEvents: boolean;
  /** When the log learned first that a campaign does not send any more. */
  readonly stoppedAt: Map<string, number>;
  /** Conversations that run, by recipient. */
  readonly conversations: Map<string, Set<Life>>;
};
