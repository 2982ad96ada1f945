/** What bench live measures, and what it should come to. */
import type { Shape } from '../../apps/standalone/src/shape.ts';
import type { Transport } from './live-words.ts';

export type LiveOptions = { shape: Shape; subscribers: number; filters: number; seconds: number };

export type Delay = { p50: number; p99: number; most: number };
/** Resident MB: the median of the first and of the last third of the time. */
export type Memory = { first: number; last: number };

export type LiveReport = LiveOptions & {
  eventsPerSecond: number;
  messagesPerSecond: number;
  /** Events that came to a subscriber. */
  deliveries: number;
  missing: number;
  doubled: number;
  delays: Record<Transport, Delay>;
  /** Milliseconds of one append to the log. */
  append: { p50: number; p99: number };
  /** Share of one core, by process. */
  cpu: Record<string, number>;
  memory: Record<string, Memory>;
  good: boolean;
};

/** Milliseconds, and MB from the first third to the last. */
export const liveGoals = { p99: 250, growthMb: 32 };
