/** How much each key may ask in a while: one bucket of cost for each, filled at a steady rate. Per process: two gateways allow twice as much. */

type Taken = { ok: true; remaining: number } | { ok: false; retryAfterMs: number; remaining: number };

export type RateLimit = {
  readonly perMinute: number;
  /** Keys that it remembers. */
  readonly size: number;
  /** What a key may still ask at once. */
  remaining(keyId: string): number;
  /** Takes the cost of one request, all of it or nothing. `remaining` is what may still be asked at once. */
  take(keyId: string, cost: number): Taken;
};

export type RateLimitOptions = {
  /** Cost that flows in within a minute, and the most that a bucket holds. At least the cost of the dearest request. */
  perMinute: number;
  /** Milliseconds; need not be the time of day. Default: those of the process. */
  now?: () => number;
};

type Bucket = { level: number; at: number };

/** A full bucket says nothing that a missing one does not. Beyond this many they are looked through. */
const tidyAbove = 10_000;

const minuteMs = 60_000;

export const createRateLimit = ({ perMinute, now = () => performance.now() }: RateLimitOptions): RateLimit => {
  const buckets = new Map<string, Bucket>();
  const perMs = perMinute / minuteMs;
  let tidiedAt = now();
  const levelOf = (bucket: Bucket | undefined, at: number): number =>
    bucket === undefined ? perMinute : Math.min(perMinute, bucket.level + (at - bucket.at) * perMs);
  const tidy = (at: number): void => {
    if (buckets.size <= tidyAbove || at - tidiedAt < minuteMs) return;
    tidiedAt = at;
    for (const [keyId, bucket] of buckets) if (levelOf(bucket, at) >= perMinute) buckets.delete(keyId);
  };
  return {
    perMinute,
    get size() {
      return buckets.size;
    },
    remaining: (keyId) => Math.floor(levelOf(buckets.get(keyId), now())),
    take: (keyId, cost) => {
      const at = now();
      tidy(at);
      const level = levelOf(buckets.get(keyId), at);
      if (cost > level)
        return { ok: false, retryAfterMs: Math.ceil((cost - level) / perMs), remaining: Math.floor(level) };
      buckets.set(keyId, { level: level - cost, at });
      return { ok: true, remaining: Math.floor(level - cost) };
    },
  };
};
