/** The sends of one server in one pool by time, the newest first, summed up so that any window of them is one look. */
import { noSends, type Sends } from './bounce-test.ts';

/** `at`: start of the bucket, milliseconds since 1970. */
export type SendBucket = Sends & { readonly at: number };

/** Entry k: when bucket k began, and the sums over the buckets 0 to k. */
export type SendSeries = readonly SendBucket[];

/** A stretch of sends up to now, beginning with the bucket of `from` (milliseconds since 1970). */
export type SendWindow = Sends & { readonly from: number };

/** Buckets in any order; several may share a time. */
export const seriesOf = (buckets: readonly SendBucket[]): SendSeries => {
  let sends = 0;
  let bounced = 0;
  return buckets
    .toSorted((a, b) => b.at - a.at)
    .map((bucket) => ({ at: bucket.at, sends: (sends += bucket.sends), bounced: (bounced += bucket.bounced) }));
};

/** First index for which `isBeyond` holds; the length when there is none. It must hold for all that follow. */
const firstIndex = (series: SendSeries, isBeyond: (entry: SendBucket) => boolean): number => {
  let low = 0;
  let high = series.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (isBeyond(series[middle]!)) high = middle;
    else low = middle + 1;
  }
  return low;
};

/** All sends of buckets that began at `since` or later. */
export const sendsSince = (series: SendSeries, since: number): Sends =>
  series[firstIndex(series, ({ at }) => at < since) - 1] ?? noSends;

/** The newest buckets that hold `size` sends together, or as many as there are since then; undefined when there is none. */
export const lastSends = (series: SendSeries, size: number, since: number): SendWindow | undefined => {
  const end = firstIndex(series, ({ at }) => at < since);
  const full = firstIndex(series, ({ sends }) => sends >= size);
  const entry = series[Math.min(full, end - 1)];
  return entry && { from: entry.at, sends: entry.sends, bounced: entry.bounced };
};
