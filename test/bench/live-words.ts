/** What bench live and its client processes say to each other, and how delays are counted. */

/** DIRECT: to stats itself, signed, as server-sent events. */
export type Transport = 'WEBSOCKET' | 'SSE' | 'DIRECT';

export type Subscription = {
  transport: Transport;
  /** Which of the campaigns, by its index. */
  filter: number;
  url: string;
  headers: Record<string, string>;
  /** As it goes over the wire: of a WebSocket the payload of `subscribe`. */
  body: string;
};

export type ToClient =
  /** `most`: events of one campaign, at most. */
  | { say: 'OPEN'; subscriptions: Subscription[]; most: number }
  /** Delays count from this time on (milliseconds since 1970). */
  | { say: 'MEASURE'; since: number }
  /** What is missing of the events of each campaign from one number to before the other. */
  | { say: 'REPORT'; from: number[]; to: number[] };

export type FromClient =
  /** Each subscription has got an event. */
  { say: 'JOINED' } | { say: 'REPORTED'; report: ClientReport } | { say: 'FAILED'; reason: string };

export type ClientReport = {
  /** How many events took so many milliseconds; the last is of all that took longer. */
  delays: Record<Transport, number[]>;
  /** Messages with events in them. */
  messages: number;
  bytes: number;
  missing: number;
  doubled: number;
};

export const longestMs = 10_000;

/** The delay in milliseconds that this share of all did not exceed; NaN when there were none. */
export const quantile = (delays: readonly number[], share: number): number => {
  const total = delays.reduce((sum, count) => sum + count, 0);
  let left = Math.ceil(total * share);
  if (total === 0) return Number.NaN;
  return delays.findIndex((count) => (left -= count) <= 0);
};

export const addUp = (all: readonly (readonly number[])[]): number[] =>
  Array.from({ length: longestMs + 1 }, (_, ms) => all.reduce((sum, delays) => sum + (delays[ms] ?? 0), 0));
