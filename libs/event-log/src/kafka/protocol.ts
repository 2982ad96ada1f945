/** The requests of Kafka that are used: what is asked and what comes back, as the encoders of kafkajs take and give it. Offsets are decimal strings. */

type OffsetOf = { partition: number; offset: string };
type PartitionError = { partition: number; errorCode: number };
type TopicsOf<T> = readonly { topic: string; partitions: readonly T[] }[];
type TopicErrors = { topicErrors: readonly { topic: string; errorCode: number; errorMessage?: string | null }[] };
/** 2 is a topic, 4 a broker (its name is the node id). */
type Resource = { type: 2 | 4; name: string };
export type Setting = { name: string; value: string };

type PartitionMetadata = {
  partitionErrorCode: number;
  partitionId: number;
  /** -1 when there is none. */ leader: number;
  replicas: readonly number[];
  isr: readonly number[];
};
export type Metadata = {
  brokers: readonly { nodeId: number; host: string; port: number }[];
  controllerId: number;
  topicMetadata: readonly {
    topicErrorCode: number;
    topic: string;
    partitionMetadata: readonly PartitionMetadata[];
  }[];
};

/** Batches of one partition, as they lie in the log; see records.ts. */
type PartitionBatches = { partition: number; batches: Buffer };
export type FetchedPartition = PartitionBatches & {
  errorCode: number;
  /** Next offset that readers may see. */ highWatermark: number;
  /** First kept offset; -1 with an error. */ logStart: number;
};

/**
 * Requests whose answer is checked throw a KafkaError for the first error in it, whichever partition it is of. The others give error codes:
 * `errorOf(code)` turns one into a KafkaError.
 */
export type Requests = {
  /* Checked. */
  ApiVersions: {
    ask: object;
    answer: { apiVersions: readonly { apiKey: number; minVersion: number; maxVersion: number }[] };
  };
  GroupCoordinator: {
    ask: { groupId: string };
    answer: { coordinator: { nodeId: number; host: string; port: number } };
  };
  /** Throws MEMBER_ID_REQUIRED with `memberId` for a member that is new: ask again with it. Blocks its connection until the group has joined. */
  JoinGroup: {
    ask: {
      groupId: string;
      sessionTimeout: number;
      rebalanceTimeout: number;
      /** '' for a new member. */ memberId: string;
      protocolType: 'consumer';
      groupProtocols: readonly { name: string; metadata: Buffer }[];
    };
    answer: {
      generationId: number;
      groupProtocol: string;
      leaderId: string;
      memberId: string;
      /** Empty for all but the leader. */
      members: readonly { memberId: string; memberMetadata: Buffer }[];
    };
  };
  /** Blocks its connection until the leader has sent its assignment. */
  SyncGroup: {
    ask: {
      groupId: string;
      generationId: number;
      memberId: string;
      /** Empty from all but the leader. */
      groupAssignment: readonly { memberId: string; memberAssignment: Buffer }[];
    };
    answer: { memberAssignment: Buffer };
  };
  Heartbeat: { ask: { groupId: string; groupGenerationId: number; memberId: string }; answer: object };
  LeaveGroup: { ask: { groupId: string; memberId: string }; answer: object };
  /** `offset` '-1' and an empty or null metadata: nothing was ever committed. */
  OffsetFetch: {
    ask: { groupId: string; topics: TopicsOf<{ partition: number }> };
    answer: { responses: TopicsOf<OffsetOf & { metadata: string | null }> };
  };
  /** An error of one partition throws, though its siblings may have been stored. */
  OffsetCommit: {
    ask: {
      groupId: string;
      groupGenerationId: number;
      memberId: string;
      topics: TopicsOf<OffsetOf & { metadata: string }>;
    };
    answer: object;
  };
  InitProducerId: {
    ask: { transactionalId: null; transactionTimeout: number };
    answer: { producerId: string; producerEpoch: number };
  };
  AlterTopicSettings: { ask: { topic: string; settings: readonly Setting[] }; answer: object };

  /* With error codes. */
  /** `topics` [] asks for all of them. */
  Metadata: { ask: { topics: readonly string[]; allowAutoTopicCreation: false }; answer: Metadata };
  /** `timestamp` -2 asks for the first kept offset, -1 for the next one to be written. */
  ListOffsets: {
    ask: { replicaId: -1; isolationLevel: 0; topics: TopicsOf<{ partition: number; timestamp: number }> };
    answer: { responses: TopicsOf<OffsetOf & { errorCode: number }> };
  };
  Fetch: {
    ask: {
      topic: string;
      partitions: readonly { partition: number; offset: number; maxBytes: number }[];
      /** How long the broker waits for `minBytes`; the answer blocks its connection. */ maxWaitMs: number;
      minBytes: number;
      maxBytes: number;
    };
    answer: { errorCode: number; partitions: FetchedPartition[] };
  };
  Produce: {
    ask: { topic: string; partitions: readonly PartitionBatches[]; timeoutMs: number };
    answer: {
      topics: readonly { topicName: string; partitions: readonly (PartitionError & { baseOffset: string })[] }[];
    };
  };
  CreateTopics: {
    ask: {
      topics: readonly {
        topic: string;
        numPartitions: number;
        replicationFactor: number;
        configEntries: readonly Setting[];
      }[];
      validateOnly: boolean;
      timeout: number;
    };
    answer: TopicErrors;
  };
  CreatePartitions: {
    ask: { topicPartitions: readonly { topic: string; count: number }[]; validateOnly: boolean; timeout: number };
    answer: TopicErrors;
  };
  DescribeConfigs: {
    ask: { resources: readonly (Resource & { configNames: readonly string[] })[]; includeSynonyms: false };
    answer: {
      resources: readonly {
        errorCode: number;
        resourceName: string;
        configEntries: readonly { configName: string; configValue: string | null }[];
      }[];
    };
  };
  DeleteRecords: {
    ask: { topics: TopicsOf<OffsetOf>; timeout: number };
    answer: { topics: TopicsOf<PartitionError> };
  };
};

export type RequestName = keyof Requests;
