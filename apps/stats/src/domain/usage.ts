/** What each server has sent today, and up to when that is known: senders count on from there. */
import { startOfDay, type ServerUsage } from '@sendpool/contracts';

/** Messages that reached the server on one day. */
export type Attempts = { readonly serverId: string; readonly provider: string; readonly attempted: number };

/** How far a lane is counted. `countedAt`: clock of its newest counted event, milliseconds since 1970; null before the first. */
export type LaneStanding = { readonly lane: number; readonly next: number; readonly countedAt: number | null };

/** What was said last of a server. Times in milliseconds since 1970. */
export type Told = {
  readonly serverId: string;
  readonly day: number;
  readonly attempted: number;
  readonly at: number;
};

/** Milliseconds that an event may need from the sender's clock into the log. */
const underwayMs = 1000;

/** Milliseconds after which a server is told again, changed or not: `countedUntil` has moved on. */
const refreshMs = 60_000;

type Ends = readonly { readonly partition: number; readonly next: number }[];

/**
 * Every event that is older than this is counted. `ends` were read at `now` or later, and the standing of the lanes after that.
 * A lane that is behind holds it back to the newest event that was counted there.
 */
export const countedUntil = (ends: Ends, lanes: readonly LaneStanding[], now: number): number => {
  const standing = new Map(lanes.map((lane) => [lane.lane, lane]));
  const behind = ends.filter(({ partition, next }) => (standing.get(partition)?.next ?? 0) < next);
  return Math.min(now - underwayMs, ...behind.map(({ partition }) => standing.get(partition)?.countedAt ?? 0));
};

const sum = (rows: readonly Attempts[]): number => rows.reduce((total, { attempted }) => total + attempted, 0);

/** What is known of a day. */
export type Counted = {
  readonly attempts: readonly Attempts[];
  /** Servers that are told although they have sent nothing, so that nobody waits to hear of them. */
  readonly serverIds: readonly string[];
  /** Milliseconds since 1970. */
  readonly until: number;
};

/** Of the day of `now`. */
export const usagesOf = ({ attempts, serverIds, until }: Counted, now: number): ServerUsage[] => {
  const byServer = Map.groupBy(attempts, ({ serverId }) => serverId);
  return [...new Set([...serverIds, ...byServer.keys()])].sort().map((serverId) => {
    const rows = byServer.get(serverId) ?? [];
    return {
      serverId,
      day: startOfDay(now),
      countedUntil: until,
      attempted: sum(rows),
      byProvider: Object.fromEntries(rows.map(({ provider, attempted }) => [provider, attempted])),
    };
  });
};

/** True when the usage says something else than what was told, or that was a while ago. */
export const isNews = (usage: ServerUsage, told: Told | undefined, now: number): boolean =>
  told === undefined || told.day !== usage.day || told.attempted !== usage.attempted || now - told.at >= refreshMs;
