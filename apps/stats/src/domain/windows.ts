/** Time windows in which numbers are asked for. */
import { minuteOf, noCounts, type Counts } from './counts.ts';

export type StatsWindow = 'LAST_MINUTE' | 'LAST_HOUR' | 'LAST_DAY' | 'ALL';

const minuteMs = 60_000;
const lengths = { LAST_MINUTE: minuteMs, LAST_HOUR: 60 * minuteMs, LAST_DAY: 24 * 60 * minuteMs } as const;

/** First minute of the window, milliseconds since 1970; the running minute is in it on top. Undefined: of all time. */
export const windowStart = (window: StatsWindow, now: number): number | undefined =>
  window === 'ALL' ? undefined : minuteOf(now - lengths[window]);

export type MinuteCounts = { readonly at: number; readonly counts: Counts };

/** First of the last `minutes` minutes, the running one included. */
export const firstOfLast = (minutes: number, now: number): number => minuteOf(now) - (minutes - 1) * minuteMs;

/** One entry for each of the last `minutes` minutes, the newest first; zeros where there are no numbers. */
export const everyMinute = (known: readonly MinuteCounts[], minutes: number, now: number): MinuteCounts[] => {
  const byTime = new Map(known.map(({ at, counts }) => [at, counts]));
  return Array.from({ length: minutes }, (_, back) => {
    const at = minuteOf(now) - back * minuteMs;
    return { at, counts: byTime.get(at) ?? noCounts() };
  });
};
