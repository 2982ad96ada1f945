import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createWakeUp, isAppError } from '@sendpool/kernel';
import fc from 'fast-check';
import { placeAfter, type EventPage } from './event-pager.ts';
import { bookmarkOf, cursorOf, type Bookmark, type Places } from './event-places.ts';
import { createEventRing, type EventRing, type LaneEvents, type RingLimits } from './event-ring.ts';
import { checkBookmark, readEventPage, streamEvents, type LiveEvents } from './event-stream.ts';
import { outcome } from './outcome.fixture.ts';

const lanes = 3;
/** When a record of the log was written. */
const writtenAt = (offset: number): number => 1000 + offset;
const smallRing = { events: 5, bytes: 1_000_000 };

/** A log in memory. Every third record is nobody's event, as a gap would be. */
const createLog = () => {
  const ends = Array.from({ length: lanes }, () => 0);
  const firsts = Array.from({ length: lanes }, () => 0);
  const records = (lane: number, from: number, to: number): LaneEvents | undefined => {
    const first = Math.max(from, firsts[lane]!);
    if (first >= to) return undefined;
    const offsets = Array.from({ length: to - first }, (_, at) => first + at);
    const events = offsets.flatMap((offset) =>
      offset % 3 === 2
        ? []
        : [
            {
              lane,
              offset,
              bytes: 10,
              writtenAt: writtenAt(offset),
              event: outcome(offset, { lane, campaignId: offset % 4 === 0 ? 'c0' : 'c1' }),
            },
          ],
    );
    return { lane, first, next: to, writtenAt: writtenAt(to - 1), events };
  };
  return {
    ends,
    firsts,
    append: (lane: number, count: number): void => void (ends[lane]! += count),
    records,
    bounds: async () => ends.map((next, partition) => ({ partition, first: firsts[partition]!, next })),
    writtenAt: async (lane: number, offset: number) => (offset < firsts[lane]! ? undefined : writtenAt(offset)),
  };
};

type Log = ReturnType<typeof createLog>;

const unmarked = (places: Places): Bookmark => ({ places, newest: undefined });

/** What one process has: a ring that is fed from where the log ended when the process began. */
const createProcess = (log: Log, limits: RingLimits = smallRing) => {
  const ring: EventRing = createEventRing(unmarked(log.ends), limits);
  const wakeUp = createWakeUp(0);
  const live: LiveEvents = { ring, wait: wakeUp.wait, isLost: () => false };
  return {
    live,
    /** Hands over what the log has more of a lane, at most `count` records. */
    feed: (lane: number, count: number): void => {
      const from = ring.places()[lane]!;
      const batch = log.records(lane, from, Math.min(from + count, log.ends[lane]!));
      if (batch !== undefined) assert.ok(ring.put(batch));
      wakeUp.ring();
    },
  };
};

/** What a client has of a bookmark; its mark must be a record that lies before its places. */
const known = (bookmark: Bookmark): Bookmark => {
  const { places, newest } = bookmarkOf(cursorOf(bookmark))!;
  assert.ok(newest === undefined || newest.offset < places[newest.lane]!);
  assert.equal(newest?.at, newest && writtenAt(newest.offset));
  return { places, newest };
};

type Seen = Map<number, number[]>;

const note = (seen: Seen, { events }: Pick<EventPage, 'events'>): void => {
  for (const { lane, offset } of events) seen.set(lane, [...(seen.get(lane) ?? []), offset]);
};

const countOf = (seen: Seen): number => [...seen.values()].flat().length;

/** What a reader of campaign c1 must get of each lane behind the places. */
const expected = (log: Log, places: Places): Seen =>
  new Map(
    log.ends.flatMap((end, lane) => {
      const events = log.records(lane, places[lane] ?? 0, end)?.events ?? [];
      const offsets = events.filter(({ event }) => event.campaignId === 'c1').map(({ offset }) => offset);
      return offsets.length === 0 ? [] : [[lane, offsets] as const];
    }),
  );

const matches = ({ campaignId }: { campaignId: string }): boolean => campaignId === 'c1';

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

const lane = fc.integer({ min: 0, max: lanes - 1 });
const few = fc.integer({ min: 1, max: 9 });
const stepOf = (kind: 'APPEND' | 'FEED' | 'TAKE' | 'RESTART', count: fc.Arbitrary<number>) =>
  fc.record({ kind: fc.constant(kind), lane, count });
const step = fc.oneof(
  { weight: 4, arbitrary: stepOf('APPEND', fc.oneof({ weight: 5, arbitrary: few }, fc.constant(150))) },
  { weight: 4, arbitrary: stepOf('FEED', fc.oneof({ weight: 5, arbitrary: few }, fc.constant(300))) },
  // So many turns of the queue of promises later the ring gets all of the lane.
  { weight: 4, arbitrary: stepOf('TAKE', fc.integer({ min: 0, max: 40 })) },
  { weight: 1, arbitrary: stepOf('RESTART', fc.integer({ min: 0, max: 3 })) },
);
const limits = fc.constantFrom(smallRing, { events: 400, bytes: 1_000_000 });

test('every event behind a cursor comes exactly once and each lane in order, however reading, ring, slow reader and restarts interleave', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.scheduler(),
      limits,
      fc.array(step, { maxLength: 60 }),
      fc.array(fc.nat(12), { minLength: lanes, maxLength: lanes }),
      async (scheduler, ringLimits, steps, before) => {
        const log = createLog();
        before.forEach((count, at) => log.append(at, count));
        const begin = before.map((count) => Math.floor(count / 2));
        const seen: Seen = new Map();
        const read = scheduler.scheduleFunction(async (at: number, from: number) =>
          log.records(at, from, Math.min(from + (at === 0 ? 250 : 4), log.ends[at]!)),
        );
        let place = unmarked(begin);
        let running = createProcess(log, ringLimits);
        let end = new AbortController();
        let asked: Promise<IteratorResult<EventPage>> | undefined;
        const open = () => streamEvents({ ...log, read }, running.live, { begin: place, matches, signal: end.signal });
        let stream = open();
        const took = (page: EventPage): void => {
          // Those of the page that the client still got; its next cursor is the one of the last of them.
          note(seen, page);
          place = known(page.to);
          asked = undefined;
        };
        const take = async (feedLater = (): Promise<void> => Promise.resolve()): Promise<void> => {
          asked ??= stream.next();
          await Promise.all([scheduler.count() > 0 && scheduler.waitOne(), feedLater()]);
          const first = await Promise.race([asked, turn()]);
          if (first !== undefined && first.done !== true) took(first.value);
        };
        const feedAfter = (ticks: number, at: number) => async (): Promise<void> => {
          for (let tick = 0; tick < ticks; tick += 1) await Promise.resolve();
          running.feed(at, Infinity);
        };
        /** A client that breaks off in the middle of a page goes on from the cursor of the last event that it got. */
        const restart = async (keep: number): Promise<void> => {
          const pending = asked;
          asked = undefined;
          end.abort();
          await scheduler.waitAll();
          const last = await Promise.race([pending ?? Promise.resolve(undefined), turn()]);
          if (last !== undefined && last.done !== true && keep > 0) {
            const got = last.value.events.slice(0, keep);
            note(seen, { events: got });
            if (got.length > 0) place = known(placeAfter(last.value, got.length - 1));
          }
          running = createProcess(log, ringLimits);
          end = new AbortController();
          stream = open();
        };
        for (const { kind, lane: at, count } of steps) {
          if (kind === 'APPEND') log.append(at, count);
          if (kind === 'FEED') running.feed(at, count);
          if (kind === 'TAKE') await take(feedAfter(count, at));
          if (kind === 'RESTART') await restart(count);
          await turn();
        }
        for (let at = 0; at < lanes; at += 1) running.feed(at, Infinity);
        const wanted = expected(log, begin);
        for (let tries = 0; tries < 2000 && countOf(seen) < countOf(wanted); tries += 1) await take();
        await take();
        end.abort();
        assert.deepEqual(new Map([...seen].sort(([one], [other]) => one - other)), wanted);
      },
    ),
    { numRuns: 500 },
  );
});

test('a ring that moves on in the very moment in which a reader comes to it costs the reader nothing', async () => {
  for (let ticks = 0; ticks < 30; ticks += 1) {
    const log = createLog();
    log.append(0, 4);
    const { live, feed } = createProcess(log);
    const end = new AbortController();
    const read = async (at: number, from: number) => log.records(at, from, log.ends[at]!);
    const asked = { begin: unmarked([0, 0, 0]), matches, signal: end.signal };
    const stream = streamEvents({ ...log, read }, live, asked);
    const seen: Seen = new Map();
    note(seen, (await stream.next()).value as EventPage);
    log.append(0, 60);
    const next = stream.next();
    for (let tick = 0; tick < ticks; tick += 1) await Promise.resolve();
    feed(0, Infinity);
    note(seen, (await next).value as EventPage);
    assert.deepEqual(seen, expected(log, [0, 0, 0]), `after ${ticks} turns`);
    end.abort();
  }
});

test('pages of the log, each from the cursor of the last, give every event once and end with nothing more', async () => {
  const log = createLog();
  [40, 0, 333].forEach((count, at) => log.append(at, count));
  const seen: Seen = new Map();
  const { signal } = new AbortController();
  const read = async (at: number, from: number) => log.records(at, from, Math.min(from + 50, log.ends[at]!));
  let begin = unmarked([7, 0, 0]);
  for (;;) {
    const page = await readEventPage({ ...log, read }, { begin, matches, signal }, 20);
    assert.ok(page.events.length <= 20);
    note(seen, page);
    if (cursorOf(page.to) === cursorOf(begin)) break;
    begin = page.to;
  }
  assert.deepEqual(seen, expected(log, [7, 0, 0]));
});

const isExpired = (error: unknown): boolean => isAppError(error, 'CURSOR_EXPIRED');

test('a cursor whose events the log has dropped is refused, and one that no lane has lost anything of is taken', async () => {
  const log = createLog();
  [10, 10, 10].forEach((count, at) => log.append(at, count));
  log.firsts[1] = 6;
  await assert.rejects(checkBookmark(log, unmarked([0, 5, 0])), isExpired);
  await checkBookmark(log, unmarked([0, 6, 0]));
  log.firsts[1] = 10;
  await checkBookmark(log, unmarked([10, 10, 10]));
  await assert.rejects(checkBookmark(log, unmarked([0, 10, 0, 0])), (error) => isAppError(error, 'BAD_INPUT'));
});

test('a cursor beyond the end of a log, as after a restore, is refused once it has stayed beyond it', async () => {
  const log = createLog();
  const lagging = [0, 0, 5];
  const bounds = async () => [0, 1, 2].map((partition) => ({ partition, first: 0, next: lagging[partition]! }));
  setTimeout(() => lagging.fill(9), 500);
  await checkBookmark({ ...log, bounds }, unmarked([9, 9, 9]));
  await assert.rejects(checkBookmark(log, unmarked([1, 0, 0])), isExpired);
});

/** The place behind the newest of each lane, by way of the log and by way of the ring. */
const bookmarksOf = async (log: Log): Promise<Bookmark[]> => {
  const end = new AbortController();
  const read = async (at: number, from: number) => log.records(at, from, log.ends[at]!);
  const asked = { begin: unmarked([0, 0, 0]), matches, signal: end.signal };
  const { live, feed } = createProcess(createLog(), { events: 1000, bytes: 1_000_000 });
  const ofLog = await readEventPage({ ...log, read }, asked, 1000);
  const stream = streamEvents({ ...log, read }, live, asked);
  const first = stream.next();
  for (const [at, next] of log.ends.entries()) live.ring.put(log.records(at, 0, next)!);
  feed(0, 0);
  const ofRing = (await first).value as EventPage;
  end.abort();
  return [ofLog.to, ofRing.to, placeAfter(ofLog, 3), placeAfter(ofRing, 3)];
};

test('a cursor of a log in whose place another one has come since is refused, in words of its own', async () => {
  const log = createLog();
  [10, 20, 30].forEach((count, at) => log.append(at, count));
  const other = { ...log, writtenAt: async (_: number, offset: number) => 5000 + offset };
  for (const bookmark of await bookmarksOf(log)) {
    await checkBookmark(log, known(bookmark));
    await assert.rejects(
      checkBookmark(other, bookmark),
      (error) => isExpired(error) && /another event log: the log was restored/.test((error as Error).message),
    );
  }
});

test("the newest record that a cursor knows is the newest of all lanes, also where it was nobody's event", async () => {
  const log = createLog();
  [10, 20, 30].forEach((count, at) => log.append(at, count));
  const [ofLog, ofRing] = await bookmarksOf(log);
  assert.deepEqual(ofRing, { places: [10, 20, 30], newest: { lane: 2, offset: 29, at: writtenAt(29) } });
  // A page ends behind the first lane that had something.
  const [[lane, place]] = [...ofLog!.places.entries()].filter(([, next]) => next > 0) as [[number, number]];
  assert.deepEqual(ofLog!.newest, { lane, offset: place - 1, at: writtenAt(place - 1) });
});

test('a cursor whose newest record the log has dropped in the meantime is taken as long as nothing behind it was', async () => {
  const log = createLog();
  log.append(2, 30);
  const newest = { lane: 2, offset: 29, at: 7 };
  await assert.rejects(checkBookmark(log, { places: [0, 0, 30], newest }), isExpired);
  log.firsts[2] = 30;
  await checkBookmark(log, { places: [0, 0, 30], newest });
});

test('a reader that is so slow that the log drops what it is owed is told, instead of a gap', async () => {
  const log = createLog();
  log.append(0, 100);
  const { live } = createProcess(log);
  const { signal } = new AbortController();
  const read = async (at: number, from: number) => log.records(at, from, Math.min(from + 10, log.ends[at]!));
  const stream = streamEvents({ ...log, read }, live, { begin: unmarked([0, 0, 0]), matches, signal });
  assert.equal((await stream.next()).done, false);
  log.firsts[0] = 60;
  await assert.rejects(stream.next(), isExpired);
});

test('a reader of whom nothing is asked reads no more of the log', async () => {
  const log = createLog();
  log.append(0, 10_000);
  let reads = 0;
  const read = async (at: number, from: number) => {
    reads += 1;
    return log.records(at, from, Math.min(from + 500, log.ends[at]!));
  };
  const { live } = createProcess(log);
  const { signal } = new AbortController();
  const stream = streamEvents({ ...log, read }, live, { begin: unmarked([0, 0, 0]), matches, signal });
  await stream.next();
  await turn();
  await turn();
  assert.equal(reads, 1);
});
