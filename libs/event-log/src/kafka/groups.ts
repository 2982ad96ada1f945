/** Consumers of a Kafka log, put together: one member, its connections to the coordinator, its positions. */
import type { DeliveryDeps } from '../group/delivery.ts';
import type { ConsumeOptions, Consumer } from '../port.ts';
import type { Client } from './client.ts';
import { createConsumer, settingsOf } from './consumer.ts';
import { createCoordinator } from './coordinator.ts';
import { faultOf } from './faults.ts';
import type { MemberMemory } from './member-memory.ts';
import { createMembership } from './membership.ts';
import { createPositions } from './positions.ts';

export type GroupDeps = {
  client: Client;
  memory: MemberMemory;
  /** Partitions that a topic has now. */
  countPartitions(topic: string): Promise<number>;
  /** A reader of one topic with connections of its own; it waits a moment for records when there are none. */
  openReader(topic: string): { read: DeliveryDeps['read']; close(): void };
  /** Next offset to be written, of each partition. */
  ends(topic: string): Promise<ReadonlyMap<number, number>>;
};

/** Returns at once; the consumer joins by itself. Throws AppError BAD_INPUT. */
export const openConsumer = (deps: GroupDeps, options: ConsumeOptions): Consumer => {
  const { topic, group } = options;
  const settings = settingsOf(options);
  const { client, memory, countPartitions } = deps;
  const coordinator = createCoordinator(client, group);
  // A JoinGroup blocks its connection, and a commit that is given up breaks its own.
  const commits = createCoordinator(client, group);
  return createConsumer(
    {
      membership: createMembership({ topic, group, coordinator, memory, countPartitions, ...settings }),
      positions: createPositions({ topic, group, commits, reads: coordinator }),
      openReader: () => deps.openReader(topic),
      ends: () => deps.ends(topic),
      countPartitions: () => countPartitions(topic),
      interrupt: coordinator.drop,
      faultOf,
      close: () => {
        coordinator.close();
        commits.close();
      },
    },
    options,
  );
};
