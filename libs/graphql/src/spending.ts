/** What each key spends in a minute, whatever it asks for: operations, uploads and downloads pay from one budget. */
import type { Actor } from '@sendpool/contracts';
import type { Problem } from './http-request.ts';
import type { RateLimit } from './rate-limit.ts';

export type Spending = {
  /** All of it, or nothing and why. */
  pay(actor: Actor, cost: number): Problem | undefined;
  /** What is left, in the headers of draft-ietf-httpapi-ratelimit-headers. */
  headersOf(actor: Actor): Record<string, string>;
};

const minuteSeconds = 60;

const spent = (perMinute: number, retryAfterMs: number): Problem => {
  const retryAfterSeconds = Math.ceil(retryAfterMs / 1000);
  const message = `This key has spent its budget of ${perMinute} a minute: try again in ${retryAfterSeconds} s, or ask for less`;
  return { status: 429, code: 'RATE_LIMITED', message, retryAfterSeconds };
};

export const createSpending = (rateLimit: RateLimit): Spending => {
  const { perMinute } = rateLimit;
  return {
    pay: ({ keyId }, cost) => {
      const taken = rateLimit.take(keyId, cost);
      return taken.ok ? undefined : spent(perMinute, taken.retryAfterMs);
    },
    headersOf: ({ keyId }) => {
      const remaining = rateLimit.remaining(keyId);
      const full = Math.ceil(((perMinute - remaining) / perMinute) * minuteSeconds);
      return {
        'ratelimit-policy': `"cost";q=${perMinute};w=${minuteSeconds}`,
        ratelimit: `"cost";r=${remaining};t=${full}`,
      };
    },
  };
};
