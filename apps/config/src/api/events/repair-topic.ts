/**
 * Follows a topic that this service writes, and repeats each key whose last record is older than its row: a late produce must not
 * undo a deactivation or bring a revoked key back (compaction would keep it, and a reader that starts anew would believe it).
 */
import { sleep } from '@sendpool/kernel';
import type { EventLog, Follower, StoredRecord } from '@sendpool/event-log';
import type { Log, Part } from '@sendpool/service';
import { repairOf, type Outbox } from '../../domain/outbox.ts';
import type { Wake } from './wake.ts';

export type RepairDeps = {
  eventLog: Pick<EventLog, 'follow'>;
  topic: string;
  /** The revision of a record; throws AppError BAD_RECORD when it is none of this topic. */
  revisionOf(value: Buffer): number;
  outboxes: readonly Outbox[];
  publisher: Wake;
  /** Woken by each record. */
  wake: Wake;
  log: Log;
  /** Called with the number of keys that had to be repeated. */
  repaired(topic: string, keys: number): void;
};

/** Records come in bursts; the rows are looked at when a burst is over. */
const settleMs = 250;
const pollMs = 60_000;

const revisionIn = (deps: RepairDeps, record: StoredRecord): number => {
  try {
    return deps.revisionOf(record.value);
  } catch (error) {
    deps.log.error({ error, topic: deps.topic, offset: record.offset }, 'a record cannot be read; its key is repeated');
    return 0;
  }
};

/** Compares the rows with the last records, and makes pending what the topic has wrong. */
export const repairOutbox = async (
  deps: RepairDeps,
  outbox: Outbox,
  last: ReadonlyMap<string, number>,
): Promise<void> => {
  const { repeat, lift } = repairOf(await outbox.revisions(), last);
  const repeated = repeat.length > 0 ? await outbox.repeat(repeat) : 0;
  const lifted = lift.length > 0 ? await outbox.lift(lift) : 0;
  if (repeated + lifted === 0) return;
  deps.log.warn({ topic: deps.topic, repeated, lifted }, 'the topic did not hold the newest rows; they are repeated');
  deps.repaired(deps.topic, repeated + lifted);
  deps.publisher.wake();
};

const compare = async (deps: RepairDeps, last: ReadonlyMap<string, number>): Promise<void> => {
  for (const outbox of deps.outboxes) await repairOutbox(deps, outbox, last);
};

const run = async (deps: RepairDeps, last: ReadonlyMap<string, number>, signal: AbortSignal): Promise<void> => {
  while (!signal.aborted) {
    await deps.wake.wait(pollMs, signal);
    await sleep(settleMs, signal);
    try {
      await compare(deps, last);
    } catch (error) {
      deps.log.warn({ error, topic: deps.topic }, 'the topic could not be compared with the rows; trying again');
      deps.wake.wake();
    }
  }
};

/** Starts when the whole topic was read and compared once, which also repeats rows that the topic does not hold at all. */
export const createRepairTopic = (deps: RepairDeps): Part => {
  const ending = new AbortController();
  const last = new Map<string, number>();
  let follower: Follower | undefined;
  let running: Promise<void> = Promise.resolve();
  const onRecord = (record: StoredRecord): void => {
    last.set(record.key ?? '', revisionIn(deps, record));
    deps.wake.wake();
  };
  return {
    name: `repair ${deps.topic}`,
    start: async () => {
      follower = await deps.eventLog.follow(deps.topic, onRecord);
      await follower.caughtUp;
      await compare(deps, last);
      running = run(deps, last, ending.signal);
    },
    stop: async () => {
      ending.abort();
      await running;
      await follower?.close();
    },
  };
};
