/**
 * Brings a lane of the database and its log together after one of them was restored to an older state (docs/protocol.md, "Restore").
 * Can be ended at any step and run again: until the last one the lane's row stands where it stood.
 */
import type { DeliveryEvent, OutcomeEvent, SendRequestRecord } from '@sendpool/contracts';
import { AppError } from '@sendpool/kernel';
import type { LaneInLog } from './lane-step.ts';
import type { HeldLane, LaneRestoreStore } from './restore-store.ts';
import { createReading, fenceAbove, isFence, newestOf, type Publication } from './take-over.ts';

export type LaneBounds = Pick<LaneInLog, 'next' | 'eventsNext'> & {
  /** First offset of delivery-events that is kept. */
  readonly eventsFirst: number;
};

export type RestoreLog = {
  bounds(lane: number): Promise<LaneBounds>;
  /** The senders have a ledger in the lane: something may have been published there, and may still be on its way. */
  isOpen(lane: number): Promise<boolean>;
  /** Everything that is kept of the lane's send requests, in order. Records that cannot be read are left out. */
  requests(lane: number): AsyncIterable<SendRequestRecord>;
  /** Outcomes of the lane from an offset on. */
  outcomes(lane: number, from: number): AsyncIterable<OutcomeEvent>;
  produceRequest(record: SendRequestRecord): Promise<void>;
  produceEvent(event: DeliveryEvent): Promise<void>;
};

export type RestoreLaneDeps = {
  readonly store: LaneRestoreStore;
  readonly log: RestoreLog;
  now(): number;
  /** Distance between two fences. */
  readonly distance?: number;
};

export type LaneReport =
  | { readonly lane: number; readonly kind: 'NEVER_USED' | 'STANDS_AT_FENCE' }
  | {
      readonly lane: number;
      readonly kind: 'RESTORED';
      readonly fence: number;
      /** Last sequence that the database knew. */
      readonly known: number;
      /** Newest one in the log; -1 when none is kept. */
      readonly newest: number;
      readonly takenOver: number;
      /** Everything in flight was reported LOST. */
      readonly isInDoubt: boolean;
    };

const chunk = 1000;

const leaseLost = (lane: number): AppError =>
  new AppError('CONFLICT', `lane ${lane} was taken by a scheduler: stop every scheduler and run this again`);

type Newest = { readonly sequence: number; readonly isFence: boolean };

const newestIn = async (records: AsyncIterable<SendRequestRecord>): Promise<Newest> => {
  let newest: Newest = { sequence: -1, isFence: false };
  for await (const { type, sequence } of records) {
    if (sequence > newest.sequence) newest = { sequence, isFence: type === 'FENCE' };
  }
  return newest;
};

/** Takes publications over, a chunk in one transaction. */
const createTaker = ({ store }: RestoreLaneDeps, held: HeldLane) => {
  let waiting: Publication[] = [];
  let changed = 0;
  const flush = async (): Promise<void> => {
    const result = await store.takeOver(held, newestOf(waiting));
    if (result === 'LEASE_LOST') throw leaseLost(held.lane);
    changed += result;
    waiting = [];
  };
  return {
    add: async (publication: Publication): Promise<void> => {
      waiting.push(publication);
      if (waiting.length >= chunk) await flush();
    },
    end: async (): Promise<number> => {
      await flush();
      return changed;
    },
  };
};

type Taker = ReturnType<typeof createTaker>;

/** Behind the fence nothing older is ever received, so what lies there is not taken over. */
const takeRequests = async (deps: RestoreLaneDeps, held: HeldLane, fence: number, taker: Taker): Promise<void> => {
  const reading = createReading(held.lastSequence);
  for await (const record of deps.log.requests(held.lane)) {
    if (isFence(record, fence)) return;
    const publication = reading.take(record);
    if (publication !== undefined) await taker.add(publication);
  }
  throw new AppError('UNAVAILABLE', `the fence record of lane ${held.lane} is not in the log`, { retriable: true });
};

/** Records that the log has dropped since are known by their outcomes: those that have none are never dropped. */
const takeOutcomes = async (deps: RestoreLaneDeps, held: HeldLane, fence: number, taker: Taker): Promise<void> => {
  for await (const event of deps.log.outcomes(held.lane, held.recorded)) {
    if (event.sequence > held.lastSequence && event.sequence < fence) await taker.add(event);
  }
};

/** The doubt is in the log before the fence, whose gap would otherwise give the recipients back. */
const reportDoubt = async (
  deps: RestoreLaneDeps,
  held: HeldLane,
  { fence, isLogLost }: { fence: number; isLogLost: boolean },
): Promise<void> => {
  const { eventsFirst, eventsNext } = await deps.log.bounds(held.lane);
  // All that is left is read again: what was written since the loss may lie before the position that is held.
  await deps.store.rewind(held, isLogLost ? eventsFirst : eventsNext);
  await deps.log.produceEvent({ type: 'LOST', lane: held.lane, upTo: fence, at: deps.now() });
};

/**
 * `isLogLost`: records of the log are gone. Then nobody can know what became of the publications in flight: they are in doubt. So are they
 * when the log has dropped events that were never recorded.
 */
export const restoreLane = async (deps: RestoreLaneDeps, held: HeldLane, isLogLost: boolean): Promise<LaneReport> => {
  const { lane, lastSequence: known } = held;
  const newest = await newestIn(deps.log.requests(lane));
  if (known < 0 && newest.sequence < 0 && !(await deps.log.isOpen(lane))) return { lane, kind: 'NEVER_USED' };
  const { eventsFirst, eventsNext } = await deps.log.bounds(lane);
  // A lane at its fence whose events were put back behind what was recorded is not in step.
  if (newest.isFence && newest.sequence === known && held.recorded <= eventsNext)
    return { lane, kind: 'STANDS_AT_FENCE' };
  const fence = fenceAbove([known, newest.sequence], deps.distance);
  const isInDoubt = isLogLost || eventsFirst > held.recorded;
  if (isInDoubt) await reportDoubt(deps, held, { fence, isLogLost });
  await deps.log.produceRequest({ type: 'FENCE', lane, sequence: fence });
  const taker = createTaker(deps, held);
  await takeRequests(deps, held, fence, taker);
  await takeOutcomes(deps, held, fence, taker);
  const takenOver = await taker.end();
  if ((await deps.store.finish(held, fence)) === 'LEASE_LOST') throw leaseLost(lane);
  return { lane, kind: 'RESTORED', fence, known, newest: newest.sequence, takenOver, isInDoubt };
};
