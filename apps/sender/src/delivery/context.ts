/** What the parts of the delivery share: the needs handed in, the servers, and the ways back into the queues. */
import type { Clock } from '@sendpool/kernel';
import type { Outcome, SendingServerConfig } from '@sendpool/contracts';
import type { ProbeResult, SmtpConnection, SmtpServer } from '@sendpool/smtp';
import type { BreakerLimits } from '../domain/breaker.ts';
import type { LaneKeeper } from '../domain/lane-types.ts';
import type { RetryBudget } from '../domain/retry-budget.ts';
import type { Campaigns } from './campaigns.ts';
import type { Server } from './server.ts';
import type { Task } from './task.ts';

/** What the dispatcher asks of the keeper of the lanes. */
export type Keeper = Pick<LaneKeeper, 'start' | 'canStart' | 'isAlive' | 'finish' | 'giveBack'>;

export type DeliverySettings = {
  breaker: BreakerLimits;
  /** Lanes of the whole cluster. */
  lanes: number;
  /** A connection without a message is closed after this time. */
  idleMs: number;
  /** Messages started ahead of a server's connections, at most. */
  maxReadAhead: number;
  /** Messages of a pool that wait for limits towards mailbox providers, shared by the crowds of them: there must be places left for others. */
  maxAside: number;
  /** How long the count of stats is waited for before a quota lets anything go, after lanes were given. */
  usageWaitMs: number;
};

/** OFFERED, STARTING (the start bit is asked for), STARTED, TALKING, then TALKED, or MOVED when the server failed. */
export type TraceStep = 'OFFERED' | 'STARTING' | 'STARTED' | 'TALKING' | 'TALKED' | 'MOVED';

/** Told what happens, for the numbers of the process. */
export type DeliveryObserver = {
  ended(end: { serverId: string | null; provider: string; outcome: Outcome; latencyMs: number | null }): void;
  startTook(ms: number): void;
  failover(serverId: string, error: string): void;
  badContent(campaignId: string, error: unknown): void;
  /** Told the steps of the messages that are traced; `about` is of what ends with this step. */
  traced?(trace: string, step: TraceStep, about?: Record<string, string | number>): void;
};

/** Rejects SmtpFailure. The settings tell by which transport. */
export type OpenConnection = (server: SmtpServer, config: SendingServerConfig) => Promise<SmtpConnection>;
export type ProbeServer = (server: SmtpServer, config: SendingServerConfig) => Promise<ProbeResult>;

export type DeliveryDeps = {
  keeper: Keeper;
  campaigns: Campaigns;
  open: OpenConnection;
  probe: ProbeServer;
  clock: Clock;
  random(): number;
  observer: DeliveryObserver;
  settings: DeliverySettings;
};

export type Context = DeliveryDeps & {
  readonly servers: Map<string, Server>;
  readonly retries: RetryBudget;
  /** Chooses a server anew for these messages, before all others of their pools. */
  again(tasks: readonly Task[]): void;
  /** A message of this server ended or moved away: it may start the next one. */
  freed(server: Server): void;
};

/** For a message that is not traced this is one look at a field. */
export const traceStep = (
  { observer }: Context,
  { message }: Task,
  ...[step, about]: [step: TraceStep, about?: Record<string, string | number>]
): void => {
  const { trace } = message.request;
  if (trace !== undefined) observer.traced?.(trace, step, about);
};
