/**
 * Reads records of a topic from the leaders of its partitions, on connections of its own: the broker keeps an answer back until there are
 * records. With several leaders the first that has records decides; the answers of the others are taken with a later read.
 */
import type { Found, Wanted } from '../group/delivery.ts';
import type { StoredRecord } from '../port.ts';
import type { Cluster } from './client.ts';
import { errorOf, isStale, throwFirst } from './faults.ts';
import { byLeader } from './partitions.ts';
import type { FetchedPartition } from './protocol.ts';
import { decodeBatches } from './records.ts';

const maxPartitionBytes = 256 * 1024;
const maxBytes = 4 * 1024 * 1024;
/** Beyond what the broker may wait for. */
const answerMs = 4000;

export type Reader = {
  /** Whole batches, about a quarter of a megabyte of each partition; waits up to `waitMs` when there is nothing. Throws a KafkaError. */
  read(wanted: readonly Wanted[], waitMs: number): Promise<Found>;
};

/** `asked`: the offset that the request began at. `end`: of a log that ends before it. */
type Part = { partition: number; asked: number; records: StoredRecord[]; isAtEnd: boolean; end?: number };
/** A request whose answer nobody has taken yet. `landed` resolves when it has one, whatever it is. */
type Flight = { parts: Promise<Part[]>; landed: Promise<void>; hasLanded: boolean };

type State = {
  cluster: Cluster;
  topic: string;
  flights: Map<number, Flight>;
  /** Offsets that compaction has emptied: from there to the next that may exist. */
  gaps: Map<number, { from: number; to: number }>;
  isStale: boolean;
};

const startOf = ({ gaps }: State, { partition, offset }: Wanted): number => {
  const gap = gaps.get(partition);
  return gap !== undefined && gap.from <= offset && offset < gap.to ? gap.to : offset;
};

/** Where to go on from an offset that is not kept; or the end of the log, when it has lost what was read from it. */
const placeInstead = async (
  state: State,
  { partition, offset }: Wanted,
  nodeId: number,
): Promise<{ next: number } | { end: number }> => {
  const broker = await state.cluster.broker(nodeId);
  const ask = async (timestamp: number): Promise<number> => {
    const topics = [{ topic: state.topic, partitions: [{ partition, timestamp }] }];
    const { responses } = await broker.request('ListOffsets', { replicaId: -1, isolationLevel: 0, topics });
    throwFirst(responses[0]!.partitions);
    return Number(responses[0]!.partitions[0]!.offset);
  };
  const [first, end] = [await ask(-2), await ask(-1)];
  return offset > end ? { end } : { next: Math.max(first, offset) };
};

/** Fetching goes on elsewhere next time, or not at all. */
const partOutside = async (state: State, asked: Wanted, nodeId: number): Promise<Part> => {
  const place = await placeInstead(state, asked, nodeId);
  const part = { partition: asked.partition, asked: asked.offset, records: [] };
  if ('end' in place) {
    state.gaps.delete(asked.partition);
    return { ...part, isAtEnd: true, end: place.end };
  }
  state.gaps.set(asked.partition, { from: asked.offset, to: place.next });
  return { ...part, isAtEnd: false };
};

const partOf = (state: State, asked: Wanted, answer: FetchedPartition): Part => {
  const from = startOf(state, asked);
  const { records, next } = decodeBatches(answer.batches, asked.partition, from);
  if (records.length === 0 && next > from) state.gaps.set(asked.partition, { from: asked.offset, to: next });
  return { partition: asked.partition, asked: asked.offset, records, isAtEnd: next >= answer.highWatermark };
};

const fetchFrom = async (
  state: State,
  nodeId: number,
  [wanted, waitMs]: [readonly Wanted[], number],
): Promise<Part[]> => {
  const broker = await state.cluster.broker(nodeId);
  const partitions = wanted.map((one) => ({
    partition: one.partition,
    offset: startOf(state, one),
    maxBytes: maxPartitionBytes,
  }));
  // The broker fills its answer in this order: each partition is to come first at times.
  const turn = Math.floor(Math.random() * partitions.length);
  const ordered = [...partitions.slice(turn), ...partitions.slice(0, turn)];
  const ask = { topic: state.topic, partitions: ordered, maxWaitMs: waitMs, minBytes: 1, maxBytes };
  const answer = await broker.request('Fetch', ask, waitMs + answerMs);
  throwFirst([answer]);
  const answers = new Map(answer.partitions.map((one) => [one.partition, one]));
  const parts: Part[] = [];
  for (const asked of wanted) {
    const found = answers.get(asked.partition);
    const error = errorOf(found?.errorCode ?? 0);
    if (error?.type === 'OFFSET_OUT_OF_RANGE') {
      parts.push(await partOutside(state, asked, nodeId));
    } else if (error !== undefined) throw error;
    else if (found !== undefined) parts.push(partOf(state, asked, found));
  }
  return parts;
};

const takeOff = (state: State, nodeId: number, ask: [readonly Wanted[], number]): Flight => {
  const parts = fetchFrom(state, nodeId, ask);
  const mark = (): void => void (flight.hasLanded = true);
  const flight: Flight = { parts, landed: parts.then(mark, mark), hasLanded: false };
  state.flights.set(nodeId, flight);
  return flight;
};

type Landed = { parts: Part[]; fault: unknown };

/** Waits for the first answer and takes all that have come. */
const land = async (state: State, flights: Map<number, Flight>): Promise<Landed> => {
  if (!flights.values().some(({ hasLanded }) => hasLanded))
    await Promise.race([...flights.values()].map(({ landed }) => landed));
  const landed = [...flights].filter(([, { hasLanded }]) => hasLanded);
  for (const [nodeId] of landed) {
    flights.delete(nodeId);
    state.flights.delete(nodeId);
  }
  const results = await Promise.allSettled(landed.map(([, { parts }]) => parts));
  const failed = results.find((one) => one.status === 'rejected');
  return { parts: results.flatMap((one) => (one.status === 'fulfilled' ? one.value : [])), fault: failed?.reason };
};

/** Answers of earlier flights may be of places that are not wanted any more. */
const select = (parts: readonly Part[], wanted: ReadonlyMap<number, number>): Required<Found> => {
  const fitting = parts.filter(({ partition, asked }) => wanted.get(partition) === asked);
  return {
    beyond: fitting.flatMap(({ partition, end }) => (end === undefined ? [] : [{ partition, end }])),
    runs: fitting.flatMap(({ records }) => (records.length > 0 ? [records] : [])),
    isAtEnd: fitting.length === parts.length && fitting.every(({ isAtEnd }) => isAtEnd),
  };
};

/** A leader that cannot be asked holds nobody up who has records; its fault is thrown when there are none. */
const readOnce = async (state: State, wanted: readonly Wanted[], waitMs: number): Promise<Found> => {
  const { cluster, topic } = state;
  const groups = await byLeader(cluster, [topic, state.isStale ? 'FRESH' : undefined], wanted);
  state.isStale = false;
  const flights = new Map(
    groups.map(({ nodeId, parts }) => [nodeId, state.flights.get(nodeId) ?? takeOff(state, nodeId, [parts, waitMs])]),
  );
  const places = new Map(wanted.map(({ partition, offset }) => [partition, offset]));
  let fault: unknown;
  for (;;) {
    const landed = await land(state, flights);
    fault ??= landed.fault;
    state.isStale ||= isStale(fault);
    const found = select(landed.parts, places);
    if (found.runs.length + found.beyond.length > 0) return { ...found, isAtEnd: found.isAtEnd && fault === undefined };
    if (flights.size === 0 && fault !== undefined) throw fault;
    if (flights.size === 0 || (fault === undefined && !found.isAtEnd)) return found;
  }
};

/** For one caller at a time. Ends with its cluster. */
export const createReader = (cluster: Cluster, topic: string): Reader => {
  const state: State = { cluster, topic, flights: new Map(), gaps: new Map(), isStale: false };
  return {
    read: async (wanted, waitMs) => {
      if (wanted.length === 0) return { runs: [], isAtEnd: true };
      try {
        return await readOnce(state, wanted, waitMs);
      } catch (error) {
        state.isStale ||= isStale(error);
        throw error;
      }
    },
  };
};

/** At most `max` records from an offset on, without waiting. */
export const readFrom = async (
  cluster: Cluster,
  [topic, partition, offset]: [topic: string, partition: number, offset: number],
  max: number,
): Promise<StoredRecord[]> => {
  const reader = createReader(cluster, topic);
  const records: StoredRecord[] = [];
  for (;;) {
    const from = (records.at(-1)?.offset ?? offset - 1) + 1;
    const read = (): Promise<Found> => reader.read([{ partition, offset: from }], 0);
    // The same reader again: it knows that it has to ask who leads now.
    const { runs, isAtEnd } = await read().catch((error: unknown) => {
      if (!isStale(error)) throw error;
      return read();
    });
    for (const record of runs.flat()) records.push(record);
    if (records.length >= max || isAtEnd) return records.slice(0, max);
  }
};
