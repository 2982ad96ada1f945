/** Events on their way to the log: grouped, produced again until they are durable, and only then acted upon. Outlives every epoch. */
import { backoffDelay, type BackoffPlan } from '@sendpool/kernel';
import type { DeliveryEvent } from '@sendpool/contracts';
import type { LaneKeeperDeps } from './lane-types.ts';

export type Outbox = {
  /** Calls `done` once the event is durable. */
  add(event: DeliveryEvent, done: () => void): void;
};

type Entry = { readonly event: DeliveryEvent; done(): void };

/** Events in one request, at most. */
const largestGroup = 1000;
export const publishBackoff: BackoffPlan = { firstMs: 50, factor: 2, maxMs: 2000, jitter: 0 };

const publishGroup = async (deps: LaneKeeperDeps, group: readonly Entry[]): Promise<void> => {
  const events = group.map(({ event }) => event);
  for (let attempt = 1; ; attempt++) {
    const isDurable = await deps.publishEvents(events).then(
      () => true,
      () => false,
    );
    if (isDurable) return;
    await deps.sleep(backoffDelay(publishBackoff, attempt));
  }
};

export const createOutbox = (deps: LaneKeeperDeps): Outbox => {
  let waiting: Entry[] = [];
  let isRunning = false;
  const run = async (): Promise<void> => {
    isRunning = true;
    while (waiting.length > 0) {
      await deps.sleep(deps.limits.outcomeGroupMs);
      const group = waiting.slice(0, largestGroup);
      waiting = waiting.slice(largestGroup);
      await publishGroup(deps, group);
      for (const entry of group) entry.done();
    }
    isRunning = false;
  };
  return {
    add: (event, done) => {
      waiting.push({ event, done });
      if (!isRunning) void run();
    },
  };
};
