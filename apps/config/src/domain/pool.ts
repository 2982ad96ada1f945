/** A pool: a named set of sending servers, each with its weight, and the rule by which they are rotated out and back. */
import {
  mayBeFrom,
  type PoolConfig,
  type ProviderMode,
  type Rotation as RotationRecord,
  type RotationEvidence,
  type RotateOutRule,
} from '@sendpool/contracts';
import type { SendingServer } from './sending-server.ts';

/** Where a member is between in, out and probation; the fields are explained at the topic's record. */
export type Rotation = Readonly<RotationRecord> & {
  /** What the last verdict on it was found from; null: none changed it, or it was put back by hand. */
  readonly evidence: Readonly<RotationEvidence> | null;
};

export type PoolMember = {
  readonly serverId: string;
  /** Whole number from 0 to 1,000,000; 0 = none. */
  readonly weight: number;
  readonly role: string | null;
  readonly rotation: Rotation;
};

export type RotateOut = {
  readonly rule: RotateOutRule;
  /** 0.001 to 0.5. */
  readonly maxBounceRate: number;
  /** 50 to 1,000,000. */
  readonly minSends: number;
};

export type Pool = {
  readonly id: string;
  /** Grows by one with each change. */
  readonly revision: number;
  readonly name: string;
  readonly whenBusy: 'KEEP_WEIGHTS' | 'OVERFLOW';
  /** `providerMode` of the API. */
  readonly isp: ProviderMode;
  readonly rotateOut: RotateOut;
  readonly members: readonly PoolMember[];
  readonly deletedAt: Date | null;
};

export const neverOut: Rotation = { state: 'IN', since: 0, until: null, times: 0, reason: null, evidence: null };

/** Part of its weight that a member on probation has. */
const probationPart = 0.1;

/** The weight that counts now: none while it is out, a tenth on probation. */
export const rotatedWeight = ({ weight, rotation }: Pick<PoolMember, 'weight' | 'rotation'>): number =>
  rotation.state === 'OUT' ? 0 : rotation.state === 'PROBATION' ? weight * probationPart : weight;

/** True when a member with a weight may send From this domain, in whatever state its server is. Domain in lower case. */
export const poolMayBeFrom = (pool: Pool, servers: ReadonlyMap<string, SendingServer>, domain: string): boolean =>
  pool.members.some(
    ({ serverId, weight }) => weight > 0 && mayBeFrom(servers.get(serverId)?.fromDomains ?? [], domain),
  );

const toMemberRecord = ({ rotation, ...member }: PoolMember): PoolConfig['members'][number] => {
  const { evidence: _, ...record } = rotation;
  return { ...member, rotation: record };
};

/** The pool as every other service sees it on the topic. */
export const toPoolRecord = ({ deletedAt, ...pool }: Pool): PoolConfig => ({
  type: 'POOL',
  deleted: deletedAt !== null,
  ...pool,
  members: pool.members.map(toMemberRecord),
});
