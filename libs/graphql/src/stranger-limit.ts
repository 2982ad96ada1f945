/** What whoever has no valid key is answered: 401, and 429 when too many such requests come from one address. A valid key is not concerned. */
import type { IncomingMessage } from 'node:http';
import { problems, type Problem } from './http-request.ts';
import { createRateLimit, type RateLimitOptions } from './rate-limit.ts';

/** Counts one more failed sign-in of the address that the request comes from, and says how it is refused. */
export type RefuseStranger = (req: IncomingMessage) => Problem;

/** Addresses that are remembered: about 2 MB. The one that was quiet for longest is forgotten first. */
const mostAddresses = 10_000;

/** What one client may have many addresses of: of IPv6 it has a whole /64, of IPv4 the one address. */
export const networkOf = (address: string): string => {
  const [plain = ''] = address.split('%', 1);
  const v4 = /(\d+\.){3}\d+$/.exec(plain)?.[0];
  if (v4 !== undefined) return v4;
  const [head = '', tail = ''] = plain.split('::', 2);
  const [before, after] = [head, tail].map((part) => (part === '' ? [] : part.split(':')));
  const zeros = Array.from({ length: Math.max(0, 8 - before!.length - after!.length) }, () => '0');
  return [...before!, ...zeros, ...after!].slice(0, 4).join(':');
};

/** The peer of the connection: no header is believed. */
export const networkOfPeer = ({ socket }: IncomingMessage): string => networkOf(socket.remoteAddress ?? '');

const tooMany = (retryAfterMs: number): Problem => {
  const retryAfterSeconds = Math.ceil(retryAfterMs / 1000);
  return {
    status: 429,
    code: 'RATE_LIMITED',
    message: `Too many requests without a valid key come from this address: try again in ${retryAfterSeconds} s`,
    retryAfterSeconds,
  };
};

/** For where nobody counts. */
export const refuseAnyStranger: RefuseStranger = () => problems.unauthenticated;

/** `perMinute` is of one address; 0: any number. */
export const createRefuseStranger = (options: Omit<RateLimitOptions, 'most'>): RefuseStranger => {
  if (options.perMinute === 0) return refuseAnyStranger;
  const rateLimit = createRateLimit({ ...options, most: mostAddresses });
  return (req) => {
    const taken = rateLimit.take(networkOfPeer(req), 1);
    return taken.ok ? problems.unauthenticated : tooMany(taken.retryAfterMs);
  };
};
