/** What the keeper of the lanes speaks of: messages, epochs, reports, and what it needs from the world. */
import type { Clock } from '@sendpool/kernel';
import type { DeliveryEvent, Outcome, OutcomeEvent, SendRequest, SendRequestRecord } from '@sendpool/contracts';

/** A send request that may be sent in the epoch `generation`. The same object is offered, started and finished. */
export type ReadyMessage = {
  readonly lane: number;
  readonly offset: number;
  readonly generation: number;
  readonly request: SendRequest;
};

/** What became of a started message; the keeper adds the identity of the publication and the time. */
export type Report = Pick<
  OutcomeEvent,
  | 'outcome'
  | 'poolId'
  | 'serverId'
  | 'provider'
  | 'reply'
  | 'bounceClass'
  | 'rule'
  | 'retryAfterMs'
  | 'remoteId'
  | 'reason'
  | 'hops'
  | 'latencyMs'
>;

type LedgerPosition = { readonly offset: number; readonly metadata: string };
export type LedgerCommit = { readonly partition: number; readonly offset: number; readonly metadata: string };

/** What an epoch of the consumer group offers to the ledger; the event-log port's `Epoch` is one. A lane is a partition. */
export type LedgerEpoch = {
  readonly generation: number;
  readonly partitions: readonly number[];
  isAlive(): boolean;
  committed(lane: number): Promise<LedgerPosition | undefined>;
  /** Rejects when it was fenced or when no answer came; the epoch has ended then. */
  commit(commits: readonly LedgerCommit[]): Promise<void>;
  pause(lane: number): void;
  resume(lane: number): void;
};

/** How a message ends that no server has had. */
export type Untried = Pick<OutcomeEvent, 'retryAfterMs'> & { outcome: Outcome; reason: string };

/** How a message ends that is not going to be started. `retryAfterMs`: when the limit that held it back is likely to let it go. */
export type GivenBack = Untried & { outcome: Extract<Outcome, 'RELEASED' | 'CANCELLED'> };

/** What could be read of a record that is no valid send request. */
export type PublicationRef = Pick<
  SendRequest,
  'lane' | 'sequence' | 'campaignId' | 'recipient' | 'tryNumber' | 'trace'
>;

/** A record of send-requests as the door has read it (`readRequest`). Both undefined: nothing in it can be read. */
export type StoredRequest = {
  readonly offset: number;
  readonly request?: SendRequestRecord | undefined;
  /** An invalid request of which at least the publication is known. */
  readonly invalid?: PublicationRef | undefined;
};

export type RevokeReason = 'REBALANCE' | 'CLOSING' | 'LOST';

/** Something that a person should hear of. LEDGER_LOST: what the lane had in flight became UNKNOWN. */
export type LaneAlarm = { readonly code: 'LEDGER_LOST' | 'BAD_RECORD'; readonly lane: number; readonly detail: string };

/** Numbers of one lane, for metrics and for the trim of the log. */
export type LaneState = {
  readonly lane: number;
  /** Every record before it is done. */
  readonly base: number;
  /** Records before this offset are not needed any more by this ledger or a later one. */
  readonly trimBefore: number;
  /** Records read and not passed by the base. */
  readonly window: number;
  readonly started: number;
  /** Offered and not started. */
  readonly offered: number;
  /** Wait for a campaign's revision. */
  readonly waiting: number;
};

export type LaneKeeperLimits = {
  /** Messages of a lane that are started and not done, at most. */
  readonly started: number;
  /** Records beyond the base, at most; a multiple of 4. */
  readonly window: number;
  /** Messages of a campaign in a lane that are offered and not started, at most. */
  readonly offered: number;
  /** Milliseconds; starts and done bits gather this long and share one commit. */
  readonly groupMs: number;
  /** Milliseconds; outcomes gather this long before they are produced. */
  readonly outcomeGroupMs: number;
  /** In a window more than 3/4 full, a fresh record that waits longer than this is given back with reason BUSY. */
  readonly busyAfterMs: number;
  readonly busyCheckMs: number;
  /** How long `revoked` waits for running conversations. Below the drain time of the consumer. */
  readonly drainMs: number;
};

export type LaneKeeperDeps = {
  /** Appends to delivery-events, each to the partition that is its lane. Resolves when all are durable; when it rejects, the same events come again. */
  publishEvents(events: readonly DeliveryEvent[]): Promise<void>;
  /** Newest revision of the campaign that this process has seen. */
  campaignRevision(campaignId: string): number | undefined;
  /** A fresh message that may be started. */
  onReady(message: ReadyMessage): void;
  /** Messages that were offered and may not be started any more: forget them. Started ones are never among them. */
  onWithdrawn(messages: readonly ReadyMessage[]): void;
  onAlarm(alarm: LaneAlarm): void;
  /** Next offset of the lane's log and the highest sequence in it; undefined when no record is kept. */
  readTail(lane: number): Promise<{ end: number; lastSequence: number | undefined }>;
  /** One record of the log; undefined when it is not kept any more. */
  readRecord(lane: number, offset: number): Promise<StoredRequest | undefined>;
  readonly clock: Clock;
  sleep(ms: number): Promise<void>;
  readonly limits: LaneKeeperLimits;
};

export type LaneKeeper = {
  /** Reads the ledgers, settles what it inherits, and says where to read from. Rejects when the epoch has ended. */
  assigned(epoch: LedgerEpoch): Promise<ReadonlyMap<number, number>>;
  /** Takes records of a lane in log order: drops re-publications, reports gaps, and offers what is fresh. Rejects when the epoch has ended. */
  received(epoch: LedgerEpoch, lane: number, records: readonly StoredRequest[]): Promise<void>;
  /** No more starts; waits for running conversations and commits what they leave, at most `drainMs`. LOST: ends at once. */
  revoked(epoch: LedgerEpoch, reason: RevokeReason): Promise<void>;
  /** True when the start bit is durable and the epoch alive: now the conversation may begin, and `finish` must follow. False: forget the message. */
  start(message: ReadyMessage): Promise<boolean>;
  /** True when the lane has room for one more started message, so that `start` does not wait for another one to end. */
  canStart(message: ReadyMessage): boolean;
  /** Ask before each hop and before MAIL. False for a started message: stop, and finish it as RELEASED if nothing was accepted. */
  isAlive(message: ReadyMessage): boolean;
  /** The end of a started message: the outcome is produced, then the done bit is set. */
  finish(message: ReadyMessage, report: Report): void;
  /** An offered message that is not going to be started. The returned bit is committed first, the outcome follows. */
  giveBack(message: ReadyMessage, end: GivenBack): void;
  /** Records that waited for a revision of this campaign are looked at again. */
  campaignChanged(campaignId: string): void;
  /** True while a conversation of this process has not told its end to the log, whoever holds its lane now. */
  hasUnreported(): boolean;
  state(): readonly LaneState[];
};
