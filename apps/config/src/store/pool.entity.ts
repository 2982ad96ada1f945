/** The table of pools. Members are one value of the row: they are read and replaced as a whole, and servers are never deleted. */
import { EntitySchema } from 'typeorm';

export type PoolRow = {
  id: string;
  revision: number;
  /** Belongs to the outbox; not read with the row. */
  publishedRevision?: number;
  name: string;
  whenBusy: 'KEEP_WEIGHTS' | 'OVERFLOW';
  members: { serverId: string; weight: number; role: string | null }[];
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
    members: { type: 'jsonb' },
  },
});
