/** The one rule of which day of a warm-up is today: config shows and holds it, senders apply it, stats asks it before it speaks of one. */
import type { WarmUp } from './sending-config.ts';

export const dayMs = 86_400_000;

/** Start of the day in UTC. All times are milliseconds since 1970. */
export const startOfDay = (at: number): number => Math.floor(at / dayMs) * dayMs;

/** Place of the day of `now` in the plan, 0 = the first day; below 0 before it begins. A held day is the one before once more. */
export const warmUpPlace = ({ startsAt, heldDays }: Pick<WarmUp, 'startsAt' | 'heldDays'>, now: number): number => {
  const elapsed = Math.floor((now - startsAt) / dayMs);
  return elapsed < 0 ? elapsed : Math.max(0, elapsed - heldDays);
};

/**
 * Messages of the day at this place: none before a plan begins; null after its last day: no limit. A plan towards a mailbox provider has
 * the days of the whole, so both end together; config refuses others.
 */
export const warmUpLimit = (perDay: readonly number[], place: number): number | null =>
  place < 0 ? 0 : (perDay[place] ?? null);
