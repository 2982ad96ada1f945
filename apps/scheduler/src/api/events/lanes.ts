/**
 * Publishes the lanes whose delivery events this process records, each in a loop of its own: an outcome then wakes its lane in the same
 * process, and the consumer group spreads the lanes over all schedulers. What keeps two of them apart is the lease, not the group.
 */
import { sendRequestsTopic, senderGroup } from '@sendpool/contracts';
import type { EventLog } from '@sendpool/event-log';
import type { Log, Part } from '@sendpool/service';
import { createLanePublisher, type LanePublisher, type LanePublisherDeps } from '../../domain/publish-lane.ts';
import type { LogCheck } from './log-check.ts';
import type { SchedulerMetrics } from './scheduler-metrics.ts';
import type { Wakers } from './wakers.ts';

export type LanesDeps = Pick<LanePublisherDeps, 'leases' | 'owner' | 'takeSlice'> & {
  eventLog: Pick<EventLog, 'publish' | 'lag'>;
  check: Pick<LogCheck, 'mayPublish'>;
  wakers: Wakers;
  metrics: SchedulerMetrics;
  log: Log;
};

const timings = { retryMs: 500, idleMs: 3000 };
/** The lanes ask for the ledgers one by one; one answer serves them all for so long, milliseconds. */
const answerMs = 250;

/** True once the senders have committed a ledger in the lane; it never closes again. One without metadata is lost: they will make a new one. */
const createIsOpen = (eventLog: Pick<EventLog, 'lag'>): ((lane: number) => Promise<boolean>) => {
  const open = new Set<number>();
  let asked: { at: number; answer: Promise<void> } | undefined;
  const ask = async (): Promise<void> => {
    for (const { partition, position } of await eventLog.lag(sendRequestsTopic.name, senderGroup)) {
      if (position !== undefined && position.metadata !== '') open.add(partition);
    }
  };
  return async (lane) => {
    if (open.has(lane)) return true;
    if (asked === undefined || performance.now() - asked.at > answerMs)
      asked = { at: performance.now(), answer: ask() };
    await asked.answer;
    return open.has(lane);
  };
};

const createProduce =
  ({ eventLog, metrics }: LanesDeps): LanePublisherDeps['produce'] =>
  async (lane, records) => {
    await eventLog.publish(
      sendRequestsTopic.name,
      records.map((value) => ({ partition: lane, key: null, value })),
    );
    metrics.publications.inc(records.length);
  };

export type Lanes = Part & {
  /** These lanes are ours from now on, and no others: the others are given up as soon as their present slice is in the log. */
  own(lanes: readonly number[]): void;
};

type Loop = { readonly stopping: AbortController; readonly ended: Promise<void> };

const publisherOf = (deps: LanesDeps): LanePublisher =>
  createLanePublisher({
    leases: deps.leases,
    owner: deps.owner,
    takeSlice: deps.takeSlice,
    produce: createProduce(deps),
    isOpen: createIsOpen(deps.eventLog),
    mayPublish: deps.check.mayPublish,
    idle: deps.wakers.idle,
    onFault: (lane, error) => deps.log.warn({ error, lane }, 'a lane could not be published and is tried again'),
    timings,
  });

export const createLanes = (deps: LanesDeps): Lanes => {
  const publisher = publisherOf(deps);
  const loops = new Map<number, Loop>();
  const begin = (lane: number): void => {
    const before = loops.get(lane);
    if (before?.stopping.signal.aborted === false) return;
    const stopping = new AbortController();
    // A lane that comes back may still be busy with its last slice.
    const ended = (before?.ended ?? Promise.resolve()).then(() => publisher.run(lane, stopping.signal));
    loops.set(lane, { stopping, ended });
  };
  const end = (lane: number): void => {
    loops.get(lane)?.stopping.abort();
    deps.wakers.wake(lane);
  };
  let isStopped = false;
  return {
    name: 'lanes',
    own: (lanes) => {
      if (isStopped) return;
      for (const lane of loops.keys()) if (!lanes.includes(lane)) end(lane);
      for (const lane of lanes) begin(lane);
    },
    stop: async () => {
      isStopped = true;
      for (const lane of loops.keys()) end(lane);
      await Promise.all([...loops.values()].map(({ ended }) => ended));
    },
  };
};
