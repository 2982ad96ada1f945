/** Writes what stats tells the others: verdicts and usage. */
import { rotationVerdictsTopic, serverUsageTopic, type RotationVerdict, type ServerUsage } from '@sendpool/contracts';
import type { EventLog } from '@sendpool/event-log';

type Publisher = Pick<EventLog, 'publish'>;

/** Resolves once they are durable. */
export const publishVerdicts = (eventLog: Publisher, verdicts: readonly RotationVerdict[]): Promise<void> =>
  eventLog.publish(
    rotationVerdictsTopic.name,
    verdicts.map((verdict) => ({
      partition: 0,
      key: `${verdict.poolId}:${verdict.serverId ?? ''}`,
      value: rotationVerdictsTopic.encode(verdict),
    })),
  );

/** Resolves once they are durable. */
export const publishUsages = (eventLog: Publisher, usages: readonly ServerUsage[]): Promise<void> =>
  eventLog.publish(
    serverUsageTopic.name,
    usages.map((usage) => ({ partition: 0, key: usage.serverId, value: serverUsageTopic.encode(usage) })),
  );
