/** Collects what a reader of delivery events gets next: those it asked for, each once, a page at a time. */
import type { OutcomeEvent } from '@sendpool/contracts';
import { newerOf, placeOf, type Bookmark, type Mark } from './event-places.ts';
import type { LaneEvents, LoggedOutcome } from './event-ring.ts';

export type EventPage = {
  /** Where the page begins. */ readonly from: Bookmark;
  /** What lies between and is not in `events` was not asked for. */ readonly to: Bookmark;
  readonly events: readonly LoggedOutcome[];
};

export type Matches = (event: OutcomeEvent) => boolean;

export type EventPager = {
  place(lane: number): number;
  /** False when the page is full, and the event has to be given again. One before the place was taken already. */
  take(event: LoggedOutcome): boolean;
  /** There is nothing more before this offset. */
  moveTo(lane: number, next: number): void;
  /** This record lies before the places. */
  see(mark: Mark | undefined): void;
  hasEvents(): boolean;
  /** Further than the last page. */
  hasMoved(): boolean;
  /** What was collected; the next page begins behind it. */
  page(): EventPage;
};

const maxPageEvents = 100;

const markOf = ({ lane, offset, writtenAt }: LoggedOutcome): Mark => ({ lane, offset, at: writtenAt });

export const createEventPager = (begin: Bookmark, matches: Matches, maxEvents = maxPageEvents): EventPager => {
  const now = [...begin.places];
  let { newest } = begin;
  let from: Bookmark = { places: [...now], newest };
  const see = (mark: Mark | undefined): void => void (newest = newerOf(newest, mark));
  let events: LoggedOutcome[] = [];
  return {
    place: (lane) => placeOf(now, lane),
    take: (event) => {
      if (event.offset < placeOf(now, event.lane)) return true;
      const isWanted = matches(event.event);
      if (isWanted && events.length === maxEvents) return false;
      if (isWanted) events.push(event);
      now[event.lane] = event.offset + 1;
      see(markOf(event));
      return true;
    },
    moveTo: (lane, next) => {
      now[lane] = Math.max(placeOf(now, lane), next);
    },
    see,
    hasEvents: () => events.length > 0,
    hasMoved: () => now.some((place, lane) => place > placeOf(from.places, lane)),
    page: () => {
      const page = { from, to: { places: [...now], newest }, events };
      from = page.to;
      events = [];
      return page;
    },
  };
};

/** The full pages that a batch makes; what is left stays in the pager. */
export function* fullPages(pager: EventPager, { lane, next, writtenAt, events }: LaneEvents): Generator<EventPage> {
  for (const event of events) {
    if (pager.take(event)) continue;
    yield pager.page();
    pager.take(event);
  }
  pager.moveTo(lane, next);
  pager.see({ lane, offset: next - 1, at: writtenAt });
}

/** Where a reader is that has got the page up to and with the event of this index. */
export const placeAfter = ({ from, events }: EventPage, index: number): Bookmark => {
  const places = [...from.places];
  let { newest } = from;
  for (const event of events.slice(0, index + 1)) {
    places[event.lane] = event.offset + 1;
    newest = newerOf(newest, markOf(event));
  }
  return { places, newest };
};
