/** The table of pools. Members are one value of the row: they are read and replaced as a whole, and the row of a server stays when it is deleted. */
import type { ProviderMode, RotateOutRule } from '@sendpool/contracts';
import { EntitySchema } from 'typeorm';
import type { PoolMember } from '../domain/pool.ts';

export type PoolRow = {
  id: string;
  revision: number;
  /** Belongs to the outbox; not read with the row. */
  publishedRevision?: number;
  name: string;
  whenBusy: 'KEEP_WEIGHTS' | 'OVERFLOW';
  isp: ProviderMode;
  rotateOutRule: RotateOutRule;
  maxBounceRate: number;
  minSends: number;
  members: readonly PoolMember[];
  deletedAt: Date | null;
};

export const poolEntity = new EntitySchema<PoolRow>({
  name: 'Pool',
  tableName: 'pool',
  columns: {
    id: { type: 'uuid', primary: true },
    revision: { type: 'int' },
    publishedRevision: { type: 'int', name: 'published_revision', default: 0, select: false },
    name: { type: 'text' },
    whenBusy: { type: 'text', name: 'when_busy' },
    isp: { type: 'text' },
    rotateOutRule: { type: 'text', name: 'rotate_out_rule' },
    maxBounceRate: { type: 'double precision', name: 'max_bounce_rate' },
    minSends: { type: 'int', name: 'min_sends' },
    members: { type: 'jsonb' },
    deletedAt: { type: 'timestamptz', name: 'deleted_at', nullable: true },
  },
});
