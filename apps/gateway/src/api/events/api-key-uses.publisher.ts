/** Tells config when API keys were used last, by sendpool.api-key-uses.v1: once a minute, and once more at the end. */
import { apiKeyUsesTopic, topicSpecs } from '@sendpool/contracts';
import type { EventLog } from '@sendpool/event-log';
import { repeat, type Log, type Part } from '@sendpool/service';
import type { KeyUses } from '../../domain/key-uses.ts';

export type PublishUsesDeps = { eventLog: Pick<EventLog, 'ensureTopics' | 'publish'>; uses: KeyUses; log: Log };

const everyMs = 60_000;

const publish = async ({ eventLog, uses }: PublishUsesDeps): Promise<void> => {
  const taken = uses.take();
  if (taken.length === 0) return;
  try {
    const records = taken.map((use) => ({ partition: 0, key: use.id, value: apiKeyUsesTopic.encode(use) }));
    await eventLog.publish(apiKeyUsesTopic.name, records);
  } catch (error) {
    uses.putBack(taken);
    throw error;
  }
};

export const publishKeyUses = (deps: PublishUsesDeps): Part => {
  const name = 'api-key-uses';
  const part = repeat({ name, everyMs, work: () => publish(deps), log: deps.log });
  return {
    name,
    start: async () => {
      await deps.eventLog.ensureTopics(topicSpecs([apiKeyUsesTopic], 1));
      await part.start?.();
    },
    stop: async (deadlineMs) => {
      await part.stop?.(deadlineMs);
      await publish(deps).catch((error: unknown) =>
        deps.log.warn({ error }, 'the last uses of API keys were not told'),
      );
    },
  };
};
