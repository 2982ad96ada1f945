/** Publishes the lanes that this process can get hold of, each in a loop of its own. */
import { sendRequestsTopic, senderGroup } from '@sendpool/contracts';
import type { EventLog } from '@sendpool/event-log';
import type { Log, Part } from '@sendpool/service';
import { createLanePublisher, type LanePublisherDeps } from '../../domain/publish-lane.ts';
import type { LogCheck } from './log-check.ts';
import type { SchedulerMetrics } from './scheduler-metrics.ts';
import type { Wakers } from './wakers.ts';

export type LanesDeps = Pick<LanePublisherDeps, 'leases' | 'owner' | 'takeSlice'> & {
  eventLog: Pick<EventLog, 'publish' | 'lag'>;
  check: Pick<LogCheck, 'mayPublish'>;
  wakers: Wakers;
  /** All lanes there are. */
  lanes(): Promise<number[]>;
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

export const createLanes = (deps: LanesDeps): Part => {
  const stopping = new AbortController();
  let running: Promise<unknown> = Promise.resolve();
  const publisher = createLanePublisher({
    leases: deps.leases,
    owner: deps.owner,
    takeSlice: deps.takeSlice,
    produce: createProduce(deps),
    isOpen: createIsOpen(deps.eventLog),
    mayPublish: deps.check.mayPublish,
    idle: (lane, ms) => (stopping.signal.aborted ? Promise.resolve() : deps.wakers.idle(lane, ms)),
    onFault: (lane, error) => deps.log.warn({ error, lane }, 'a lane could not be published and is tried again'),
    timings,
  });
  return {
    name: 'lanes',
    start: async () => {
      const lanes = await deps.lanes();
      running = Promise.all(lanes.map((lane) => publisher.run(lane, stopping.signal)));
    },
    stop: async () => {
      stopping.abort();
      deps.wakers.wakeAll();
      await running;
    },
  };
};
