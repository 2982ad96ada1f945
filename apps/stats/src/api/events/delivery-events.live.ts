/** Delivery events for those who listen: one reader of the log for all of them, which works only while there is somebody. */
import { deliveryEventsTopic } from '@sendpool/contracts';
import type { EventLog, StoredRecord } from '@sendpool/event-log';
import { AppError, createWakeUp } from '@sendpool/kernel';
import type { Part } from '@sendpool/service';
import { createEventRing, type LaneEvents, type LoggedOutcome, type RingLimits } from '../../domain/event-ring.ts';
import type { EventPage, Matches } from '../../domain/event-pager.ts';
import { bookmarkOf, newerOf, type Bookmark, type Mark } from '../../domain/event-places.ts';
import {
  checkBookmark,
  readEventPage,
  streamEvents,
  type EventLogReads,
  type LiveEvents,
} from '../../domain/event-stream.ts';
import { createGate } from '../../domain/gate.ts';
import { createShared } from '../../domain/shared.ts';
import { decodeEvent } from './delivery-events.replay.ts';

export type LiveDeliveryEvents = {
  /** Pages from a cursor on, or from now on, until `signal` is aborted. Throws AppError BAD_INPUT or CURSOR_EXPIRED. */
  stream(asked: AskedOfClient): Promise<AsyncIterable<EventPage>>;
  /** The next page of what lies in the log. */
  page(asked: AskedOfClient, maxEvents: number): Promise<EventPage>;
  readonly part: Part;
};

export type AskedOfClient = { readonly after: string | null; readonly matches: Matches; readonly signal: AbortSignal };

export type LiveOptions = {
  eventLog: Pick<EventLog, 'bounds' | 'read' | 'tail'>;
  /** Milliseconds for which the reader goes on when nobody listens: clients that lost their connection come back. */
  lingerMs?: number;
  ring?: RingLimits;
};

const topic = deliveryEventsTopic.name;
const batch = 500;
/** Readers wake up to ten times a second. */
const [wakeMs, gatherMs] = [100, 50];
/** About 20 MB of memory. */
const ringLimits: RingLimits = { events: 20_000, bytes: 8 * 1024 * 1024 };
/** Batches that are read at the same time for all who are behind; others wait. */
const maxReads = 4;

/** What is of interest outside: a message that a sender gave back untried comes again. */
const outcomeOf = ({ partition: lane, offset, at: writtenAt, value }: StoredRecord): LoggedOutcome[] => {
  const event = decodeEvent(value);
  const isShown = event?.type === 'OUTCOME' && event.outcome !== 'RELEASED';
  return isShown ? [{ lane, offset, bytes: value.length, writtenAt, event }] : [];
};

const laneEventsOf = (records: readonly StoredRecord[]): LaneEvents | undefined => {
  const [first, last] = [records[0], records.at(-1)];
  if (first === undefined || last === undefined) return undefined;
  const [lane, next] = [first.partition, last.offset + 1];
  return { lane, first: first.offset, next, writtenAt: last.at, events: records.flatMap(outcomeOf) };
};

const markAt = async (eventLog: Pick<EventLog, 'read'>, lane: number, offset: number): Promise<Mark | undefined> => {
  const [record] = await eventLog.read(topic, lane, offset, 1);
  return record?.offset === offset ? { lane, offset, at: record.at } : undefined;
};

/** Behind all that is written. */
const endOf = async (eventLog: LiveOptions['eventLog']): Promise<Bookmark> => {
  const bounds = await eventLog.bounds(topic);
  let newest: Mark | undefined;
  for (const { partition, first, next } of bounds)
    if (first < next) newest = newerOf(newest, await markAt(eventLog, partition, next - 1));
  return { places: bounds.map(({ next }) => next), newest };
};

type Listening = LiveEvents & { close(): Promise<void> };

/** `retire`: the log was restored, and what is read from now on has other places. */
const listen = async ({ eventLog, ring: limits = ringLimits }: LiveOptions, retire: () => void): Promise<Listening> => {
  const end = await endOf(eventLog);
  const from = new Map(end.places.map((place, lane) => [lane, place]));
  const ring = createEventRing(end, limits);
  const wakeUp = createWakeUp(wakeMs);
  let isLost = false;
  const onRecords = (records: readonly StoredRecord[]): void => {
    const events = laneEventsOf(records);
    isLost ||= events !== undefined && !ring.put(events);
    if (isLost) retire();
    wakeUp.ring();
  };
  const { close } = await eventLog.tail({ topic, from, onRecords, gatherMs });
  return { ring, wait: wakeUp.wait, isLost: () => isLost, close };
};

const givenPlace = async (log: EventLogReads, after: string): Promise<Bookmark> => {
  const bookmark = bookmarkOf(after);
  if (bookmark === undefined) throw new AppError('BAD_INPUT', '`after` is no cursor');
  await checkBookmark(log, bookmark);
  return bookmark;
};

async function* leaving(pages: AsyncIterable<EventPage>, leave: () => void): AsyncGenerator<EventPage> {
  try {
    yield* pages;
  } finally {
    leave();
  }
}

export const createLiveDeliveryEvents = (options: LiveOptions): LiveDeliveryEvents => {
  const { eventLog, lingerMs = 60_000 } = options;
  const gate = createGate(maxReads);
  const log: EventLogReads = {
    read: async (lane, from) => laneEventsOf(await gate(() => eventLog.read(topic, lane, from, batch))),
    bounds: () => eventLog.bounds(topic),
    writtenAt: async (lane, offset) => (await gate(() => markAt(eventLog, lane, offset)))?.at,
  };
  const shared = createShared((retire) => listen(options, retire), lingerMs);
  return {
    stream: async ({ after, matches, signal }) => {
      const given = after === null ? undefined : await givenPlace(log, after);
      const { thing: live, leave } = await shared.join();
      // A stream that nobody has begun to read never comes to its end.
      signal.addEventListener('abort', leave, { once: true });
      const begin = given ?? { places: [...live.ring.places()], newest: live.ring.newest() };
      return leaving(streamEvents(log, live, { begin, matches, signal }), leave);
    },
    page: async ({ after, ...asked }, maxEvents) => {
      const begin = after === null ? await endOf(eventLog) : await givenPlace(log, after);
      return readEventPage(log, { ...asked, begin }, maxEvents);
    },
    part: { name: 'live-events', stop: shared.close },
  };
};
