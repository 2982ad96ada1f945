/** The records of one lane in one epoch: what has been received, how far each one is, and where the base of the ledger stands. */
import { encodeLedger, recordState, type CarriedRecord, type Ledger, type RecordState } from './ledger.ts';
import type { LedgerCommit, PublicationRef, StoredRequest } from './lane-types.ts';
import type { SendRequest } from '@sendpool/contracts';

/** A record beyond the base. Its sequence is -1 when it has none that can be read. */
export type LaneRecord = CarriedRecord & { state: RecordState };

export type Lane<Rec extends LaneRecord = LaneRecord> = {
  readonly lane: number;
  /** Offset of the first record that the base has not passed. */
  base: number;
  /** Highest sequence before the base. */
  lastSequence: number;
  /** Highest sequence received. */
  received: number;
  isInDoubt: boolean;
  /** Something is to be committed. */
  isDirty: boolean;
  /** Records that are started and not done, carried ones included. */
  started: number;
  /** Records from the base on, as far as this epoch has read them. The first `passed` of them lie before the base. */
  readonly records: Rec[];
  passed: number;
  /** By sequence. */
  readonly carried: Map<number, CarriedRecord>;
  readonly inherited: { readonly base: number; readonly states: Uint8Array };
};

export type SequenceGap = { readonly from: number; readonly to: number };

/** What a record is, before it takes its place in the lane. */
export type Verdict =
  | { readonly kind: 'SEEN' }
  | { readonly kind: 'UNREADABLE' }
  | { readonly kind: 'REPUBLISHED'; readonly sequence: number }
  | { readonly kind: 'FENCE'; readonly sequence: number; readonly gap: SequenceGap | undefined }
  | { readonly kind: 'REQUEST'; readonly request: SendRequest; readonly gap: SequenceGap | undefined }
  | { readonly kind: 'INVALID'; readonly invalid: PublicationRef; readonly gap: SequenceGap | undefined };

export const openLane = <Rec extends LaneRecord>(lane: number, base: number, ledger: Ledger): Lane<Rec> => ({
  lane,
  base,
  lastSequence: ledger.lastSequence,
  received: Math.max(ledger.lastSequence, ...ledger.carried.map(({ sequence }) => sequence)),
  isInDoubt: ledger.isInDoubt,
  isDirty: false,
  started: ledger.carried.length,
  records: [],
  passed: 0,
  carried: new Map(ledger.carried.map((record) => [record.sequence, record])),
  inherited: { base, states: ledger.states },
});

/** Records read and not passed by the base. */
export const windowOf = (lane: Lane): number => lane.records.length - lane.passed;

/** Offset of the next record to be taken in. */
export const nextOffset = (lane: Lane): number => lane.base + windowOf(lane);

export const inheritedEnd = (lane: Lane): number => lane.inherited.base + lane.inherited.states.length;

export const inheritedState = (lane: Lane, offset: number): RecordState =>
  (lane.inherited.states[offset - lane.inherited.base] ?? recordState.FRESH) as RecordState;

const gapUpTo = (lane: Lane, to: number): SequenceGap | undefined =>
  to > lane.received ? { from: lane.received + 1, to } : undefined;

/** The receive rule: a sequence that is not greater than the last one received is a re-publication, and a jump is a gap. */
export const judge = (lane: Lane, { offset, request, invalid }: StoredRequest): Verdict => {
  if (offset < nextOffset(lane)) return { kind: 'SEEN' };
  const readable = request ?? invalid;
  if (readable === undefined) return { kind: 'UNREADABLE' };
  const { sequence } = readable;
  if (sequence <= lane.received) return { kind: 'REPUBLISHED', sequence };
  if (request === undefined) return { kind: 'INVALID', invalid: invalid!, gap: gapUpTo(lane, sequence - 1) };
  if (request.type === 'FENCE') return { kind: 'FENCE', sequence, gap: gapUpTo(lane, sequence) };
  return { kind: 'REQUEST', request, gap: gapUpTo(lane, sequence - 1) };
};

/** The jump has been reported, durably: it may be passed. */
export const passGap = (lane: Lane, gap: SequenceGap): void => {
  lane.received = Math.max(lane.received, gap.to);
  lane.isInDoubt = false;
};

/** Takes the next record in; its state is that of the inherited ledger, or DONE when there is nothing to do for it. */
export const append = <Rec extends LaneRecord>(lane: Lane<Rec>, record: Rec): void => {
  lane.records.push(record);
  lane.received = Math.max(lane.received, record.sequence);
  if (record.state === recordState.STARTED) lane.started++;
  if (record.state === recordState.DONE) lane.isDirty = true;
};

/** Records that are not in the log (any more). When a started one is among them, the next jump is not a gap but a doubt. */
export const skipTo = (lane: Lane, offset: number): void => {
  const { base, states } = lane.inherited;
  const missing = states.subarray(nextOffset(lane) - base, offset - base);
  if (missing.includes(recordState.STARTED)) lane.isInDoubt = true;
  if (windowOf(lane) === 0) lane.base = Math.max(lane.base, offset);
  while (nextOffset(lane) < offset) {
    append(lane, { offset: nextOffset(lane), sequence: -1, state: recordState.DONE });
  }
  lane.isDirty = true;
};

export const setState = (lane: Lane, record: LaneRecord, state: RecordState): void => {
  if (record.state === recordState.STARTED) lane.started--;
  if (state === recordState.STARTED) lane.started++;
  record.state = state;
  lane.isDirty = true;
};

/** Done is done, whether the base has passed the record or not. */
export const markDone = (lane: Lane, { offset, sequence }: CarriedRecord): void => {
  if (lane.carried.delete(sequence)) {
    lane.started--;
    lane.isDirty = true;
    return;
  }
  const record = offset < lane.base ? undefined : lane.records[lane.passed + offset - lane.base];
  if (record !== undefined && record.state !== recordState.DONE) setState(lane, record, recordState.DONE);
};

const compact = (lane: Lane): void => {
  if (lane.passed < 1024 || lane.passed * 2 < lane.records.length) return;
  lane.records.splice(0, lane.passed);
  lane.passed = 0;
};

type CarryRule = { readonly window: number; readonly started: number };

const mayCarry = (lane: Lane, record: LaneRecord, rule: CarryRule): boolean =>
  record.state === recordState.STARTED && windowOf(lane) > rule.window / 2 && lane.carried.size < rule.started;

/**
 * Moves the base past what is done. In a window more than half full, started records at its head move to the carry list; so it must not
 * be called while a start bit is set that is not durable yet: a start that comes to nothing becomes fresh again, and a carried one cannot.
 */
export const advance = (lane: Lane, rule: CarryRule): void => {
  while (lane.passed < lane.records.length) {
    const record = lane.records[lane.passed]!;
    if (record.state !== recordState.DONE) {
      if (!mayCarry(lane, record, rule)) break;
      lane.carried.set(record.sequence, { offset: record.offset, sequence: record.sequence });
    }
    lane.lastSequence = Math.max(lane.lastSequence, record.sequence);
    lane.passed++;
    lane.base++;
  }
  compact(lane);
};

/** Records read in this epoch, and behind them what the ledger says of those that are not read yet. */
const statesOf = (lane: Lane): Uint8Array => {
  const window = windowOf(lane);
  const length = Math.max(window, inheritedEnd(lane) - lane.base);
  const states = new Uint8Array(length);
  for (let i = 0; i < window; i++) states[i] = lane.records[lane.passed + i]!.state;
  for (let i = window; i < length; i++) states[i] = inheritedState(lane, lane.base + i);
  return states;
};

/** What is to be committed now by the epoch `generation`. */
export const snapshot = (lane: Lane, generation: number): LedgerCommit => {
  lane.isDirty = false;
  const { lastSequence, isInDoubt } = lane;
  const carried = [...lane.carried.values()];
  const ledger = { lastSequence, isInDoubt, states: statesOf(lane), carried, generation };
  return { partition: lane.lane, offset: lane.base, metadata: encodeLedger(ledger) };
};
