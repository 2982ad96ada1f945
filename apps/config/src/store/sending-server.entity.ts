/** The table of sending servers; its shape is made by the migrations. */
import type { SealedSecret, SmtpStage, TlsPolicy } from '@sendpool/contracts';
import { EntitySchema } from 'typeorm';

export type SendingServerRow = {
  id: string;
  revision: number;
  /** Belongs to the outbox; not read with the row. */
  publishedRevision?: number;
  name: string;
  kind: 'SMTP';
  state: 'ACTIVE' | 'INACTIVE';
  host: string;
  port: number;
  tls: TlsPolicy;
  username: string | null;
  password: SealedSecret | null;
  caCertificate: string | null;
  fromDomains: string[];
  maxConnections: number;
  messagesPerConnection: number | null;
  messagesPerSecond: number | null;
  verificationStatus: 'NEVER' | 'PASSED' | 'FAILED';
  verifiedAt: Date | null;
  failedStage: SmtpStage | null;
  verificationMessage: string | null;
  /** Belongs to the claim of a verification; not read with the row. */
  verificationClaimedAt?: Date | null;
};

export const sendingServerEntity = new EntitySchema<SendingServerRow>({
  name: 'SendingServer',
  tableName: 'sending_server',
  columns: {
    id: { type: 'uuid', primary: true },
    revision: { type: 'int' },
    publishedRevision: { type: 'int', name: 'published_revision', default: 0, select: false },
    name: { type: 'text' },
    kind: { type: 'text' },
    state: { type: 'text' },
    host: { type: 'text' },
    port: { type: 'int' },
    tls: { type: 'text' },
    username: { type: 'text', nullable: true },
    password: { type: 'jsonb', nullable: true },
    caCertificate: { type: 'text', name: 'ca_certificate', nullable: true },
    fromDomains: { type: 'text', array: true, name: 'from_domains' },
    maxConnections: { type: 'int', name: 'max_connections' },
    messagesPerConnection: { type: 'int', name: 'messages_per_connection', nullable: true },
    messagesPerSecond: { type: 'double precision', name: 'messages_per_second', nullable: true },
    verificationStatus: { type: 'text', name: 'verification_status' },
    verifiedAt: { type: 'timestamptz', name: 'verified_at', nullable: true },
    failedStage: { type: 'text', name: 'failed_stage', nullable: true },
    verificationMessage: { type: 'text', name: 'verification_message', nullable: true },
    verificationClaimedAt: { type: 'timestamptz', name: 'verification_claimed_at', nullable: true, select: false },
  },
});
