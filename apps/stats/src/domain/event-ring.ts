/**
 * The newest delivery events of all lanes, in memory and in the order in which they came, for everybody who listens. Bounded: the oldest go
 * first. For each lane it knows from which offset on it holds everything.
 */
import type { OutcomeEvent } from '@sendpool/contracts';
import { newerOf, placeOf, type Bookmark, type Mark, type Places } from './event-places.ts';

/** An event, and where and since when (milliseconds since 1970) it lies in the log. `bytes`: of its record. */
export type LoggedOutcome = {
  readonly lane: number;
  readonly offset: number;
  readonly bytes: number;
  readonly writtenAt: number;
  readonly event: OutcomeEvent;
};

/** Records of one lane that follow each other in the log; those that are nobody's event are left out of `events`. */
export type LaneEvents = {
  readonly lane: number;
  /** Offset of the first record. */ readonly first: number;
  /** Offset behind the last one. */ readonly next: number;
  /** When the last one was written. */ readonly writtenAt: number;
  readonly events: readonly LoggedOutcome[];
};

export type EventRing = {
  /** False when the log goes on before what was put: it has been restored, and the ring is of no use any more. */
  put(records: LaneEvents): boolean;
  /** Numbers of the oldest event that is held, and of the next one to come. */
  first(): number;
  next(): number;
  /** The event of this number, from `first` to before `next`. */
  at(number: number): LoggedOutcome;
  /** From this offset on the ring has had, holds or will get every event of the lane. */
  floor(lane: number): number;
  /** Behind everything that was put. */
  places(): Places;
  /** The newest record before them. */
  newest(): Mark | undefined;
};

export type RingLimits = { readonly events: number; readonly bytes: number };

/** `begin`: where the first records put will lie. */
export const createEventRing = (begin: Bookmark, limits: RingLimits): EventRing => {
  const floors = [...begin.places];
  const ends = [...begin.places];
  let { newest } = begin;
  let held: LoggedOutcome[] = [];
  /** Index of the oldest in `held`, and its number. */
  let [head, first, bytes] = [0, 0, 0];
  const drop = (): void => {
    const oldest = held[head]!;
    floors[oldest.lane] = oldest.offset + 1;
    bytes -= oldest.bytes;
    head += 1;
    first += 1;
  };
  /** Frees what was dropped, once that is half of all. */
  const shrink = (): void => {
    if (head * 2 < held.length) return;
    held = held.slice(head);
    head = 0;
  };
  return {
    put: ({ lane, first: from, next, writtenAt, events }) => {
      if (from < placeOf(ends, lane)) return false;
      floors[lane] ??= from;
      ends[lane] = next;
      newest = newerOf(newest, { lane, offset: next - 1, at: writtenAt });
      for (const event of events) {
        held.push(event);
        bytes += event.bytes;
      }
      while (held.length - head > limits.events || bytes > limits.bytes) drop();
      shrink();
      return true;
    },
    first: () => first,
    next: () => first + held.length - head,
    at: (number) => held[head + number - first]!,
    floor: (lane) => placeOf(floors, lane),
    places: () => ends,
    newest: () => newest,
  };
};
