/** Builders of what config declares and senders say of servers and messages: everything is said, with what a spec wants to be different. */
import {
  alwaysIn,
  defaultRotateOut,
  onlyConnections,
  type OutcomeEvent,
  type PoolConfig,
  type ProviderLimits,
  type SenderStatus,
  type SendingServerConfig,
} from '@sendpool/contracts';

/** Of kind SMTP, active and verified, with 10 connections and no other limit. */
export const serverRecord = (change: Partial<SendingServerConfig> = {}): SendingServerConfig => ({
  type: 'SERVER',
  id: 'a',
  revision: 1,
  deleted: false,
  name: change.id ?? 'a',
  kind: 'SMTP',
  state: 'ACTIVE',
  verified: true,
  host: '127.0.0.1',
  port: 25,
  tls: 'NONE',
  username: null,
  password: null,
  caCertificate: null,
  ses: null,
  warmUp: null,
  fromDomains: ['example.com'],
  limits: onlyConnections(10),
  ...change,
});

/** Members with these weights, all in. */
export const poolRecord = (
  weights: Readonly<Record<string, number>>,
  change: Partial<PoolConfig> = {},
): PoolConfig => ({
  type: 'POOL',
  id: 'pool',
  revision: 1,
  deleted: false,
  name: change.id ?? 'pool',
  whenBusy: 'KEEP_WEIGHTS',
  isp: 'SPREAD',
  rotateOut: defaultRotateOut,
  members: Object.entries(weights).map(([serverId, weight]) => ({ serverId, weight, role: null, rotation: alwaysIn })),
  ...change,
});

/** No limit but those of `change`. */
export const limitsTowards = (provider: string, change: Partial<ProviderLimits>): ProviderLimits => ({
  provider,
  messagesPerSecond: null,
  messagesPerMinute: null,
  messagesPerHour: null,
  messagesPerDay: null,
  maxConnections: null,
  ...change,
});

/** Of a server that is well and has nothing to do. */
export const statusRecord = (change: Partial<SenderStatus> = {}): SenderStatus => ({
  type: 'SENDER',
  source: 'sender',
  serverId: 'a',
  at: 1,
  queued: 0,
  inFlight: 0,
  connections: 0,
  connectionShare: 2,
  connectionPlan: 2,
  rateFactor: 1,
  limitedBy: null,
  breaker: 'CLOSED',
  breakerUntil: null,
  lastError: null,
  failovers: 0,
  ...change,
});

/** Of the first message of campaign `c1` in lane 0, accepted by server `a` at its first try. */
export const outcomeRecord = (change: Partial<OutcomeEvent> = {}): OutcomeEvent => ({
  type: 'OUTCOME',
  lane: 0,
  sequence: 0,
  campaignId: 'c1',
  recipient: 0,
  tryNumber: 1,
  outcome: 'ACCEPTED',
  at: 0,
  poolId: 'pool',
  serverId: 'a',
  provider: 'other',
  reply: null,
  bounceClass: null,
  reason: null,
  hops: [],
  latencyMs: 1,
  ...change,
});
