/** Drops send requests that the senders' ledgers have passed, some of them kept for reading back. */
import { laneLimits, oldestCarried, sendRequestsTopic, senderGroup } from '@sendpool/contracts';
import type { EventLog, PartitionLag } from '@sendpool/event-log';
import type { Log } from '@sendpool/service';
import { createLoop, type Loop } from './loop.ts';

const everyMs = 60_000;

/** A ledger that is lost is rebuilt from the records before its base: as many as a window stay. */
const kept = laneLimits.window;

/** A started record that the base has passed stays too: it has no outcome yet, and only the log tells whose it is. */
const trimBefore = ({ committed, position }: PartitionLag): number =>
  Math.min(committed - kept, oldestCarried(position?.metadata ?? '') ?? committed);

export const createTrimRequests = (deps: { eventLog: Pick<EventLog, 'lag' | 'trim'>; log: Log }): Loop => {
  const trimmed = new Map<number, number>();
  return createLoop({
    name: 'trim of send requests',
    log: deps.log,
    turn: async () => {
      for (const lag of await deps.eventLog.lag(sendRequestsTopic.name, senderGroup)) {
        const { partition } = lag;
        const offset = trimBefore(lag);
        if (offset <= (trimmed.get(partition) ?? 0)) continue;
        await deps.eventLog.trim(sendRequestsTopic.name, partition, offset);
        trimmed.set(partition, offset);
      }
      return everyMs;
    },
  });
};
