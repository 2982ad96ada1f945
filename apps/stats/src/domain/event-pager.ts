/** Collects what a reader of delivery events gets next: those it asked for, each once, a page at a time. */
import type { OutcomeEvent } from '@sendpool/contracts';
import { placeOf, type Places } from './event-places.ts';
import type { LaneEvents, LoggedOutcome } from './event-ring.ts';

export type EventPage = {
  /** Where the page begins. */ readonly from: Places;
  /** What lies between and is not in `events` was not asked for. */ readonly to: Places;
  readonly events: readonly LoggedOutcome[];
};

export type Matches = (event: OutcomeEvent) => boolean;

export type EventPager = {
  place(lane: number): number;
  /** False when the page is full, and the event has to be given again. One before the place was taken already. */
  take(event: LoggedOutcome): boolean;
  /** There is nothing more before this offset. */
  moveTo(lane: number, next: number): void;
  hasEvents(): boolean;
  /** Further than the last page. */
  hasMoved(): boolean;
  /** What was collected; the next page begins behind it. */
  page(): EventPage;
};

const maxPageEvents = 100;

export const createEventPager = (begin: Places, matches: Matches, maxEvents = maxPageEvents): EventPager => {
  const now = [...begin];
  let from: Places = [...begin];
  let events: LoggedOutcome[] = [];
  return {
    place: (lane) => placeOf(now, lane),
    take: (event) => {
      if (event.offset < placeOf(now, event.lane)) return true;
      const isWanted = matches(event.event);
      if (isWanted && events.length === maxEvents) return false;
      if (isWanted) events.push(event);
      now[event.lane] = event.offset + 1;
      return true;
    },
    moveTo: (lane, next) => {
      now[lane] = Math.max(placeOf(now, lane), next);
    },
    hasEvents: () => events.length > 0,
    hasMoved: () => now.some((place, lane) => place > placeOf(from, lane)),
    page: () => {
      const page = { from, to: [...now], events };
      from = page.to;
      events = [];
      return page;
    },
  };
};

/** The full pages that a batch makes; what is left stays in the pager. */
export function* fullPages(pager: EventPager, { lane, next, events }: LaneEvents): Generator<EventPage> {
  for (const event of events) {
    if (pager.take(event)) continue;
    yield pager.page();
    pager.take(event);
  }
  pager.moveTo(lane, next);
}

/** Where a reader is that has got the page up to and with the event of this index. */
export const placesAfter = ({ from, events }: EventPage, index: number): Places => {
  const places = [...from];
  for (const { lane, offset } of events.slice(0, index + 1)) places[lane] = offset + 1;
  return places;
};
