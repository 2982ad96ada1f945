/**
 * What a process may still send to a server today: its part, by lanes, of what stats says is left, less what it has sent since stats has
 * counted. The count of stats outlives every process, so the quota does as well.
 */
import { dayMs, startOfDay } from '@sendpool/contracts';
import { laneShare, type Share } from './pace.ts';

/**
 * What is younger than this when stats says how far it has counted, is counted here too: clocks differ, and processes hear of stats at
 * different times. While a conversation and the lag of stats together take less, the quota is never passed; a longer one may pass it.
 */
const slackMs = 5000;

/** Start of the next day in UTC. All times of this file are wall clock, milliseconds since 1970. */
export const nextDay = (now: number): number => startOfDay(now) + dayMs;

/** What stats has counted on `day` up to `countedUntil`. */
export type Counted = { day: number; countedUntil: number; messages: number };

/** Own messages that ended in one second. */
type Entry = { second: number; count: number };

export type Usage = {
  counted: Counted | null;
  day: number;
  entries: Entry[];
  /** Sum of `entries`. */
  ended: number;
  /** Since when it counts, with these lanes: what others sent before must have been counted by stats. */
  since: number;
  /** How long that is waited for. */
  readonly waitMs: number;
};

export const createUsage = (waitMs: number): Usage => ({
  counted: null,
  day: 0,
  entries: [],
  ended: 0,
  since: -Infinity,
  waitMs,
});

/** Other lanes, or a quota where there was none: nobody here knows what went before. */
export const restartUsage = (usage: Usage, now: number): void => {
  usage.since = now;
};

/** When it is known how much was sent before: stats has counted up to there, or has been waited for long enough. */
export const knownAt = ({ counted, since, waitMs }: Usage): number =>
  counted !== null && counted.countedUntil > since ? -Infinity : since + waitMs;

/** A clock that is late follows the one of stats into the new day. */
const beginDay = (usage: Usage, now: number): void => {
  const day = Math.max(startOfDay(now), usage.counted?.day ?? 0);
  if (usage.day !== day) Object.assign(usage, { day, entries: [], ended: 0 });
};

const forgetBefore = (usage: Usage, time: number): void => {
  const kept = usage.entries.findIndex(({ second }) => (second + 1) * 1000 > time);
  const gone = usage.entries.splice(0, kept === -1 ? usage.entries.length : kept);
  for (const { count } of gone) usage.ended -= count;
};

/** A record of stats; an older one than the last says nothing. */
export const tellUsage = (usage: Usage, counted: Counted): void => {
  if (usage.counted !== null && counted.countedUntil < usage.counted.countedUntil) return;
  usage.counted = counted;
  forgetBefore(usage, counted.countedUntil - slackMs);
};

/** More seconds than this are only there when stats does not count; then the two oldest become one, which counts for longer. */
const maxEntries = 3600;

/** The end of a conversation that reached the server. */
export const countEnd = (usage: Usage, now: number): void => {
  beginDay(usage, now);
  const second = Math.floor(now / 1000);
  const last = usage.entries.at(-1);
  usage.ended += 1;
  if (last !== undefined && last.second >= second) last.count += 1;
  else usage.entries.push({ second, count: 1 });
  if (usage.entries.length > maxEntries) usage.entries[1]!.count += usage.entries.shift()!.count;
};

/** Messages that this process may begin now beside the `running` ones, of `quota` a day in the cluster. Below 0 when others have sent more meanwhile. */
export const leftOf = (usage: Usage, quota: number, at: { share: Share; now: number; running: number }): number => {
  const { share, now, running } = at;
  beginDay(usage, now);
  if (now < knownAt(usage)) return 0;
  const used = usage.counted?.day === usage.day ? usage.counted.messages : 0;
  return laneShare(Math.max(0, quota - used), share) - usage.ended - running;
};
