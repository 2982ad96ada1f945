/** The table of API keys; hashes only. */
import type { Role } from '@sendpool/contracts';
import { EntitySchema } from 'typeorm';

export type ApiKeyRow = {
  id: string;
  revision: number;
  /** Belongs to the outbox; not read with the row. */
  publishedRevision?: number;
  name: string;
  role: Role;
  prefix: string;
  hash: string;
  createdAt: Date;
  expiresAt: Date | null;
  revokedAt: Date | null;
  lastUsedAt: Date | null;
};

export const apiKeyEntity = new EntitySchema<ApiKeyRow>({
  name: 'ApiKey',
  tableName: 'api_key',
  columns: {
    id: { type: 'uuid', primary: true },
    revision: { type: 'int' },
    publishedRevision: { type: 'int', name: 'published_revision', default: 0, select: false },
    name: { type: 'text' },
    role: { type: 'text' },
    prefix: { type: 'text' },
    hash: { type: 'text' },
    createdAt: { type: 'timestamptz', name: 'created_at' },
    expiresAt: { type: 'timestamptz', name: 'expires_at', nullable: true },
    revokedAt: { type: 'timestamptz', name: 'revoked_at', nullable: true },
    lastUsedAt: { type: 'timestamptz', name: 'last_used_at', nullable: true },
  },
});
