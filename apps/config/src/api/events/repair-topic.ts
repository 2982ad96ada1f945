/**
 * Follows a topic that this service writes, and repeats each key whose last record is older than its row: a late produce must not
 * undo a deactivation or bring a revoked key back (compaction would keep it, and a reader that starts anew would believe it).
 */
import { sleep } from '@sendpool/kernel';
import type { EventLog, Follower, StoredRecord } from '@sendpool/event-log';
import type { Log, Part } from '@sendpool/service';
import { repairOf, type Outbox, type RowRevision } from '../../domain/outbox.ts';
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

/** Time that the follower is given to bring what was acknowledged; records come in bursts, and a burst is looked at once. */
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

type Snapshot = { readonly outbox: Outbox; readonly rows: readonly RowRevision[] };

const snapshotOf = (deps: RepairDeps): Promise<Snapshot[]> =>
  Promise.all(deps.outboxes.map(async (outbox) => ({ outbox, rows: await outbox.acknowledgedRevisions() })));

const repairOutbox = async ({ outbox, rows }: Snapshot, last: ReadonlyMap<string, number>): Promise<number> => {
  const { repeat, lift } = repairOf(rows, last);
  const repeated = repeat.length > 0 ? await outbox.repeat(repeat) : 0;
  const lifted = lift.length > 0 ? await outbox.lift(lift) : 0;
  return repeated + lifted;
};

/** Makes pending what the topic has wrong. Every record acknowledged before `snapshots` must be in `last`. */
const repair = async (
  deps: RepairDeps,
  snapshots: readonly Snapshot[],
  last: ReadonlyMap<string, number>,
): Promise<void> => {
  let keys = 0;
  for (const snapshot of snapshots) keys += await repairOutbox(snapshot, last);
  if (keys === 0) return;
  deps.log.warn({ topic: deps.topic, keys }, 'the topic did not hold the newest rows; they are published again');
  deps.repaired(deps.topic, keys);
  deps.publisher.wake();
};

const run = async (deps: RepairDeps, last: ReadonlyMap<string, number>, signal: AbortSignal): Promise<void> => {
  while (!signal.aborted) {
    await deps.wake.wait(pollMs, signal);
    try {
      const snapshots = await snapshotOf(deps);
      await sleep(settleMs, signal);
      if (!signal.aborted) await repair(deps, snapshots, last);
    } catch (error) {
      deps.log.warn({ error, topic: deps.topic }, 'the topic could not be compared with the rows; trying again');
      await sleep(settleMs, signal);
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
      const snapshots = await snapshotOf(deps);
      follower = await deps.eventLog.follow(deps.topic, onRecord);
      await follower.caughtUp;
      await repair(deps, snapshots, last);
      running = run(deps, last, ending.signal);
    },
    stop: async () => {
      ending.abort();
      await running;
      await follower?.close();
    },
  };
};
