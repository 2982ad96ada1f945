/**
 * Delivery events from any place on: what lies in the log is read in batches, the next one only when the last was taken, until the ring has
 * the rest; from there on it is live. Who is too slow for the ring reads the log again. Every event behind the place comes once, each lane
 * in its order: whichever of the two an event comes from, the places decide whether it was there already.
 */
import { AppError, sleep } from '@sendpool/kernel';
import { createEventPager, fullPages, type EventPage, type EventPager, type Matches } from './event-pager.ts';
import { placeOf, type Bookmark } from './event-places.ts';
import type { EventRing, LaneEvents } from './event-ring.ts';

export type EventLogReads = {
  /** Records of a lane from an offset on; undefined at the end of the log. */
  read(lane: number, from: number): Promise<LaneEvents | undefined>;
  /** First kept offset of each lane and the next one to come. */
  bounds(): Promise<readonly { partition: number; first: number; next: number }[]>;
  /** When this record was written; undefined when it is not kept any more. */
  writtenAt(lane: number, offset: number): Promise<number | undefined>;
};

export type LiveEvents = {
  readonly ring: EventRing;
  /** Resolves when the ring may have got something, when `signal` is aborted, or after `ms`. */
  wait(ms: number, signal: AbortSignal): Promise<void>;
  /** True when the log was restored while this ring listened. */
  isLost(): boolean;
};

export type AskedEvents = { readonly begin: Bookmark; readonly matches: Matches; readonly signal: AbortSignal };

/** A reader for whom nothing came moves on by an empty page after so many milliseconds, or batches of the log. */
const [quietMs, quietReads] = [30_000, 20];
/** A log that ends too early may be one whose new leader does not know yet how far it is written. */
const [patience, patienceMs] = [3, 1000];

const expired = (): AppError =>
  new AppError(
    'CURSOR_EXPIRED',
    'The events behind this cursor are not kept any more: begin without one, and read what was missed from `Campaign.recipients`',
  );

const ofAnotherLog = (): AppError =>
  new AppError(
    'CURSOR_EXPIRED',
    'This cursor is of another event log: the log was restored to an older state, or made anew. Begin without one, and read what was missed from `Campaign.recipients`',
  );

/** How far the log is to be read. */
type Goal = { lanes(): number; end(lane: number): number; isLost(): boolean };

type Reading = { readonly log: EventLogReads; readonly pager: EventPager; readonly signal: AbortSignal };

const lanesBehind = (pager: EventPager, goal: Goal): number[] =>
  Array.from({ length: goal.lanes() }, (_, lane) => lane).filter((lane) => pager.place(lane) < goal.end(lane));

/** Undefined when there is nothing yet. What the log has dropped was owed to the reader. */
const readOn = async ({ log, pager, signal }: Reading, lane: number): Promise<LaneEvents | undefined> => {
  const place = pager.place(lane);
  const batch = await log.read(lane, place);
  if (batch?.first === place) return batch;
  const { first = 0 } = (await log.bounds()).find(({ partition }) => partition === lane) ?? {};
  if (first > place) throw expired();
  if (batch === undefined) await sleep(patienceMs, signal);
  return batch;
};

/** One batch of each lane in turn, until the goal is reached. */
async function* replay(reading: Reading, goal: Goal): AsyncGenerator<EventPage> {
  const { pager, signal } = reading;
  let reads = 0;
  for (let behind = lanesBehind(pager, goal); behind.length > 0; behind = lanesBehind(pager, goal)) {
    if (goal.isLost()) throw expired();
    const turn = Math.floor(Math.random() * behind.length);
    for (const lane of [...behind.slice(turn), ...behind.slice(0, turn)]) {
      if (signal.aborted) return;
      const batch = await readOn(reading, lane);
      if (batch !== undefined) yield* fullPages(pager, batch);
      reads += 1;
      if (!pager.hasEvents() && reads < quietReads) continue;
      reads = 0;
      yield pager.page();
    }
  }
}

/** What the ring has behind this event, up to a page; the number of the next one. */
const takeFrom = (ring: EventRing, pager: EventPager, begin: number): number => {
  let number = begin;
  while (number < ring.next() && pager.take(ring.at(number))) number += 1;
  if (number < ring.next()) return number;
  ring.places().forEach((place, lane) => pager.moveTo(lane, place));
  pager.see(ring.newest());
  return number;
};

/** From the ring, until the reader is too slow for it or goes away. */
async function* follow({ pager, signal }: Reading, { ring, wait, isLost }: LiveEvents): AsyncGenerator<EventPage> {
  let quietSince = performance.now();
  let number = ring.first();
  while (number >= ring.first() && !signal.aborted) {
    if (isLost()) throw expired();
    number = takeFrom(ring, pager, number);
    const isQuiet = performance.now() - quietSince >= quietMs;
    if (!pager.hasEvents() && !(isQuiet && pager.hasMoved())) await wait(quietMs, signal);
    else {
      yield pager.page();
      quietSince = performance.now();
    }
  }
}

/** Ends when `signal` is aborted. Throws AppError CURSOR_EXPIRED when events that it still owes are not kept any more. */
export async function* streamEvents(
  log: EventLogReads,
  live: LiveEvents,
  { begin, matches, signal }: AskedEvents,
): AsyncGenerator<EventPage> {
  const reading: Reading = { log, pager: createEventPager(begin, matches), signal };
  const { ring, isLost } = live;
  const goal: Goal = { lanes: () => ring.places().length, end: ring.floor, isLost };
  while (!signal.aborted) {
    yield* replay(reading, goal);
    // The ring may have moved on in the moment between.
    if (lanesBehind(reading.pager, goal).length === 0) yield* follow(reading, live);
  }
}

/** The next events of what lies in the log; there may be more of them, also behind a page that is empty. */
export const readEventPage = async (
  log: EventLogReads,
  { begin, matches, signal }: AskedEvents,
  maxEvents: number,
): Promise<EventPage> => {
  const ends = (await log.bounds()).map(({ next }) => next);
  const pager = createEventPager(begin, matches, maxEvents);
  const goal: Goal = { lanes: () => ends.length, end: (lane) => placeOf(ends, lane), isLost: () => false };
  const { value } = await replay({ log, pager, signal }, goal).next();
  return (value as EventPage | undefined) ?? pager.page();
};

const checkPlaces = async (bounds: EventLogReads['bounds'], { places }: Bookmark): Promise<void> => {
  for (let looks = 1; ; looks += 1) {
    const found = await bounds();
    if (places.length > found.length) throw new AppError('BAD_INPUT', '`after` is no cursor of this system');
    if (found.some(({ partition, first }) => placeOf(places, partition) < first)) throw expired();
    if (found.every(({ partition, next }) => placeOf(places, partition) <= next)) return;
    if (looks === patience) throw expired();
    await sleep(patienceMs);
  }
};

/** Throws AppError CURSOR_EXPIRED when the log has dropped what lies behind the bookmark, does not reach up to it, or is not the log it was made of. */
export const checkBookmark = async (
  { bounds, writtenAt }: Pick<EventLogReads, 'bounds' | 'writtenAt'>,
  bookmark: Bookmark,
): Promise<void> => {
  await checkPlaces(bounds, bookmark);
  const { newest } = bookmark;
  const found = newest && (await writtenAt(newest.lane, newest.offset));
  if (found !== undefined && found !== newest?.at) throw ofAnotherLog();
};
