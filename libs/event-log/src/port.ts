/**
 * The event-log port: what Sendpool needs of a log, in the words of Kafka. Two adapters (PostgreSQL, Kafka) pass one conformance suite.
 * Bytes and strings only; no client type leaks out. Offsets and generations are whole numbers below 2^53.
 */

export type TopicSpec = {
  name: string;
  partitions: number;
  cleanup: 'COMPACTED' | 'DELETED';
  /** DELETED topics: batches older than this are dropped. 0 keeps everything. */
  retentionMs: number;
};

/** A record to append. `partition` names its place; a compacted topic has one partition and needs a key. */
export type NewRecord = { partition: number; key: string | null; value: string };

/** A record as it lies in the log. `value` is not copied: do not change its bytes. */
export type StoredRecord = {
  partition: number;
  offset: number;
  key: string | null;
  value: Buffer;
  /** Milliseconds since 1970. */ at: number;
};

export type Position = { offset: number; metadata: string };

/** A commit moves the group's position in a partition: `offset` is the next record to read. */
export type Commit = { partition: number; offset: number; metadata: string };

/**
 * The time between two rebalances of a group for one member. Everything that a consumer may do, it does in an epoch.
 * Once ended it never lives again; a new one comes with the next assignment.
 */
export type Epoch = {
  readonly generation: number;
  readonly memberId: string;
  readonly partitions: readonly number[];
  /** False from the moment the epoch is fenced, lost, closed, or its lease is older than half its time-out. Ask before each effect. */
  isAlive(): boolean;
  /** What the group has committed in this partition, read under this epoch; undefined when nothing was ever committed. */
  committed(partition: number): Promise<Position | undefined>;
  /**
   * Commits positions with their metadata in one request, fenced by this epoch's generation and numbered within it: an older
   * commit that arrives late is refused. All or nothing. Resolves only when the commit is durable.
   * Throws AppError EPOCH_ENDED when it was fenced **or when no answer came**: the commit may still have landed, and only the next
   * epoch can tell. After that no more starts; the consumer re-joins by itself and calls onAssigned again.
   */
  commit(commits: readonly Commit[]): Promise<void>;
  /** Stops and resumes the delivery of records of one partition (bounded queues). */
  pause(partition: number): void;
  resume(partition: number): void;
};

export type RecordBatch = { partition: number; records: readonly StoredRecord[] };

export type ConsumeOptions = {
  topic: string;
  group: string;
  /**
   * A new epoch. Read ledgers or own positions here; no record arrives before it resolves.
   * May return where to start in some partitions (offset of the first record wanted); the others start at the committed offset, or at 0.
   */
  onAssigned(epoch: Epoch): Promise<ReadonlyMap<number, number> | undefined>;
  /** Records of one partition in order; called one at a time for each partition. A throw ends the epoch and is redelivered after the re-join. */
  onBatch(batch: RecordBatch, epoch: Epoch): Promise<void>;
  /**
   * The drain hook: called and awaited (at most `drainMs`) before the partitions are given up. Commits of this epoch are still
   * taken. `reason` LOST: the epoch is already fenced; nothing can be committed any more.
   */
  onRevoked(epoch: Epoch, reason: 'REBALANCE' | 'CLOSING' | 'LOST'): Promise<void>;
  /** Called with faults of the background loops; the consumer goes on by itself. */
  onError?(error: unknown): void;
  /** A member that is silent for this long is dropped from the group. Default 10,000. */
  sessionTimeoutMs?: number;
  /** Default 5,000; must be below the session time-out. */
  drainMs?: number;
  /** Records in one onBatch, at most. Default 500. */
  maxBatch?: number;
  /** After a read that found little, records gather this long: fewer, larger batches cost less. Default 5. */
  gatherMs?: number;
};

export type Consumer = {
  /** Drains (onRevoked CLOSING), leaves the group, and stops. */
  close(): Promise<void>;
};

/** A reader outside any group that reads a compacted topic from the start and follows it. */
export type Follower = {
  /** Resolves when everything that lay in the log at the start has been handed over. */
  readonly caughtUp: Promise<void>;
  /** Within a few seconds, also when the log does not answer. */
  close(): Promise<void>;
};

/** First kept and next offset of a partition. */
export type Bounds = { partition: number; first: number; next: number };

export type TailOptions = {
  /** Of a topic that is not compacted. */
  topic: string;
  /**
   * Offset of the first record wanted in each partition. One that is not named, as one that is made later, begins at its first kept record;
   * see `endsOf`.
   */
  from: ReadonlyMap<number, number>;
  /** Records of one partition, in order; called one at a time. When it throws, it gets the same records again. */
  onRecords(records: readonly StoredRecord[]): void | Promise<void>;
  /** After a read that came to the end of the log, records gather this long: fewer, larger reads cost less. Default 5. */
  gatherMs?: number;
};

/** A reader outside any group that goes on to read all partitions of a topic. */
export type Tail = {
  /** Within a few seconds, also when the log does not answer. */
  close(): Promise<void>;
};

export type PartitionLag = {
  partition: number;
  /** Next offset to be written. */ end: number;
  /** Committed offset, 0 when none. */ committed: number;
  /** What the group has committed; undefined when nothing ever was. */ position: Position | undefined;
};

export type EventLog = {
  /** Makes the topics that are missing; never shrinks or deletes one. Safe to call from every process at once. */
  ensureTopics(topics: readonly TopicSpec[]): Promise<void>;
  /** Appends all records; those of one partition lie together and in order, as one batch. Resolves when all are durable. Retries by itself while `retriable`. */
  publish(topic: string, records: readonly NewRecord[]): Promise<void>;
  consume(options: ConsumeOptions): Promise<Consumer>;
  /**
   * Newest record of each key first, then every new record. `onRecord` may see a key more than once; order of a key is log order.
   * When it throws, it gets the same record again. Faults are told as a warning, the first of a row; see isReady.
   */
  follow(topic: string, onRecord: (record: StoredRecord) => void | Promise<void>): Promise<Follower>;
  /**
   * All records of a topic from the given places on, as they come, at live speed. A log that has lost what was read, as one that was restored,
   * begins again at the first record that it has. Faults as of `follow`.
   */
  tail(options: TailOptions): Promise<Tail>;
  /** Records of one partition from `offset` on, at most `max`; empty at the end. For replay, recount and take-over. */
  read(topic: string, partition: number, offset: number, max: number): Promise<StoredRecord[]>;
  /** First kept and next offset of each partition. */
  bounds(topic: string): Promise<Bounds[]>;
  lag(topic: string, group: string): Promise<PartitionLag[]>;
  /** Drops records before `offset` in a partition (the ledger's base has passed them). */
  trim(topic: string, partition: number, offset: number): Promise<void>;
  /** False while the log cannot be reached, or when a follower or tail has not come on for ten seconds because of faults. */
  isReady(): boolean;
  close(): Promise<void>;
};
