/** Delivery events for those who listen: one reader of the log for all of them, which works only while there is somebody. */
import { deliveryEventsTopic } from '@sendpool/contracts';
import { endsOf, type EventLog, type StoredRecord } from '@sendpool/event-log';
import { AppError, createWakeUp } from '@sendpool/kernel';
import type { Part } from '@sendpool/service';
import { createEventRing, type LaneEvents, type LoggedOutcome, type RingLimits } from '../../domain/event-ring.ts';
import type { EventPage, Matches } from '../../domain/event-pager.ts';
import { placesOf, type Places } from '../../domain/event-places.ts';
import {
  checkPlaces,
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
const outcomeOf = ({ partition: lane, offset, value }: StoredRecord): LoggedOutcome[] => {
  const event = decodeEvent(value);
  const isShown = event?.type === 'OUTCOME' && event.outcome !== 'RELEASED';
  return isShown ? [{ lane, offset, bytes: value.length, event }] : [];
};

const laneEventsOf = (records: readonly StoredRecord[]): LaneEvents | undefined => {
  const [first, last] = [records[0], records.at(-1)];
  if (first === undefined || last === undefined) return undefined;
  return { lane: first.partition, first: first.offset, next: last.offset + 1, events: records.flatMap(outcomeOf) };
};

type Listening = LiveEvents & { close(): Promise<void> };

/** `retire`: the log was restored, and what is read from now on has other places. */
const listen = async ({ eventLog, ring: limits = ringLimits }: LiveOptions, retire: () => void): Promise<Listening> => {
  const from = endsOf(await eventLog.bounds(topic));
  const ring = createEventRing([...from.values()], limits);
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

const givenPlaces = async ({ bounds }: EventLogReads, after: string): Promise<Places> => {
  const places = placesOf(after);
  if (places === undefined) throw new AppError('BAD_INPUT', '`after` is no cursor');
  await checkPlaces(bounds, places);
  return places;
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
  };
  const shared = createShared((retire) => listen(options, retire), lingerMs);
  return {
    stream: async ({ after, matches, signal }) => {
      const given = after === null ? undefined : await givenPlaces(log, after);
      const { thing: live, leave } = await shared.join();
      // A stream that nobody has begun to read never comes to its end.
      signal.addEventListener('abort', leave, { once: true });
      return leaving(streamEvents(log, live, { places: given ?? [...live.ring.places()], matches, signal }), leave);
    },
    page: async ({ after, ...asked }, maxEvents) => {
      const ends = async (): Promise<Places> => (await log.bounds()).map(({ next }) => next);
      const places = after === null ? await ends() : await givenPlaces(log, after);
      return readEventPage(log, { ...asked, places }, maxEvents);
    },
    part: { name: 'live-events', stop: shared.close },
  };
};
