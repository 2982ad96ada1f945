/** Publishes each changed row after its transaction, and again until the log has acknowledged it. */
import { backoffDelay, type BackoffPlan } from '@sendpool/kernel';
import type { EventLog } from '@sendpool/event-log';
import type { Log, Part } from '@sendpool/service';
import type { Outbox } from '../../domain/outbox.ts';
import type { Wake } from './wake.ts';

export type PublishDeps = {
  eventLog: Pick<EventLog, 'publish'>;
  outboxes: readonly Outbox[];
  wake: Wake;
  log: Log;
  /** Called with the number of records that a topic has acknowledged. */
  published(topic: string, records: number): void;
};

const batch = 100;
/** Also finds what another process has changed and could not publish any more. */
const pollMs = 1000;
const backoff: BackoffPlan = { firstMs: 100, factor: 2, maxMs: 5000, jitter: 0.5 };

/** One batch; resolves to true when there may be more. */
const publishSome = async (deps: PublishDeps, outbox: Outbox): Promise<boolean> => {
  const entries = await outbox.pending(batch);
  if (entries.length === 0) return false;
  await deps.eventLog.publish(
    outbox.topic,
    entries.map(({ key, value }) => ({ partition: 0, key, value })),
  );
  await outbox.acknowledged(entries);
  deps.published(outbox.topic, entries.length);
  return entries.length === batch;
};

/** Publishes everything that is pending. Throws when the database or the log does not take part. */
const publishPending = async (deps: PublishDeps): Promise<void> => {
  for (const outbox of deps.outboxes) while (await publishSome(deps, outbox));
};

const run = async (deps: PublishDeps, signal: AbortSignal): Promise<void> => {
  let failures = 0;
  while (!signal.aborted) {
    try {
      await publishPending(deps);
      failures = 0;
    } catch (error) {
      failures += 1;
      deps.log.warn({ error, failures }, 'changes are not published yet; trying again');
    }
    await deps.wake.wait(failures === 0 ? pollMs : backoffDelay(backoff, failures), signal);
  }
};

/** Started before anything can change a row, stopped after: what is pending then goes out first. */
export const createPublishChanges = (deps: PublishDeps): Part => {
  const ending = new AbortController();
  let running: Promise<void> = Promise.resolve();
  return {
    name: 'publish-changes',
    start: async () => {
      running = run(deps, ending.signal);
    },
    stop: async () => {
      ending.abort();
      await running;
      await publishPending(deps);
    },
  };
};
