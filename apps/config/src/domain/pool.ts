/** A pool: a named set of sending servers, each with its weight. */
import { alwaysIn, defaultRotateOut, type PoolConfig } from '@sendpool/contracts';

export type PoolMember = {
  readonly serverId: string;
  /** Whole number from 0 to 1,000,000; 0 = none. */
  readonly weight: number;
  readonly role: string | null;
};

export type Pool = {
  readonly id: string;
  /** Grows by one with each change. */
  readonly revision: number;
  readonly name: string;
  readonly whenBusy: 'KEEP_WEIGHTS' | 'OVERFLOW';
  readonly members: readonly PoolMember[];
};

/** The pool as every other service sees it on the topic. */
export const toPoolRecord = (pool: Pool): PoolConfig => ({
  type: 'POOL',
  deleted: false,
  isp: 'SPREAD',
  rotateOut: defaultRotateOut,
  ...pool,
  members: pool.members.map((member) => ({ ...member, rotation: alwaysIn })),
});
