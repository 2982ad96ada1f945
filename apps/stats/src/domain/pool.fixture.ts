/** Judged pools for the specs. */
import { alwaysIn, defaultRotateOut } from '@sendpool/contracts';
import type { JudgedPool, PoolMember } from './evidence.ts';
import { seriesOf } from './send-series.ts';

export const hourMs = 3_600_000;
/** Noon of a day. */
export const noon = 20_000 * 24 * hourMs + 12 * hourMs;

/** Part `at` of a hundred parts of a whole number. */
const part = (total: number, at: number): number =>
  Math.floor((total * (at + 1)) / 100) - Math.floor((total * at) / 100);

/** `sends` in the last minutes, as many of them bounced as said, spread evenly over a hundred buckets. */
export const evenly = (sends: number, bounced: number, until = noon) => {
  return seriesOf(
    Array.from({ length: 100 }, (_, at) => ({
      at: until - at * 1000,
      sends: part(sends, at),
      bounced: part(bounced, at),
    })),
  );
};

export const member = (serverId: string, weight: number, facts: Partial<PoolMember> = {}): PoolMember => ({
  serverId,
  weight,
  rotation: alwaysIn,
  ejectedAt: 0,
  isUsable: true,
  isWarmingUp: false,
  series: [],
  ...facts,
});

/** SIGNIFICANT above 3 %, at noon. */
export const pool = (members: readonly PoolMember[], facts: Partial<JudgedPool> = {}): JudgedPool => ({
  poolId: 'p1',
  policy: defaultRotateOut,
  members,
  campaigns: [],
  cleanSince: 0,
  now: noon,
  ...facts,
});
