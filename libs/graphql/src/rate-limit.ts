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
  /** Keys to remember: of more, the one that asked for nothing for longest begins anew. Default 100,000. */
  most?: number;
};

type Bucket = { level: number; at: number };

const minuteMs = 60_000;

export const createRateLimit = (options: RateLimitOptions): RateLimit => {
  const { perMinute, now = () => performance.now(), most = 100_000 } = options;
  /** In the order in which they were asked last. */
  const buckets = new Map<string, Bucket>();
  const perMs = perMinute / minuteMs;
  const levelOf = (bucket: Bucket | undefined, at: number): number =>
    bucket === undefined ? perMinute : Math.min(perMinute, bucket.level + (at - bucket.at) * perMs);
  const keep = (keyId: string, bucket: Bucket): void => {
    buckets.delete(keyId);
    buckets.set(keyId, bucket);
    if (buckets.size > most) buckets.delete(buckets.keys().next().value!);
  };
  return {
    perMinute,
    get size() {
      return buckets.size;
    },
    remaining: (keyId) => Math.floor(levelOf(buckets.get(keyId), now())),
    take: (keyId, cost) => {
      const at = now();
      const level = levelOf(buckets.get(keyId), at);
      const isPaid = cost <= level;
      const left = isPaid ? level - cost : level;
      keep(keyId, { level: left, at });
      const remaining = Math.floor(left);
      return isPaid
        ? { ok: true, remaining }
        : { ok: false, retryAfterMs: Math.ceil((cost - level) / perMs), remaining };
    },
  };
};
