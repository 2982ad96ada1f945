/** The table of sending servers; its shape is made by the migrations. */
import type { LimitMode, SealedSecret, ServerKind, SmtpStage, TlsPolicy } from '@sendpool/contracts';
import { EntitySchema } from 'typeorm';
import type { ProviderLimits } from '../domain/limits.ts';
import type { SesAccount } from '../domain/ses.ts';
import type { WarmUp } from '../domain/warm-up.ts';

/** JSON has no dates: the moment is RFC 3339 text. */
export type SesAccountColumn = Omit<SesAccount, 'checkedAt'> & { checkedAt: string };

export type SendingServerRow = {
  id: string;
  revision: number;
  /** Belongs to the outbox; not read with the row. */
  publishedRevision?: number;
  name: string;
  kind: ServerKind;
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
  messagesPerMinute: number | null;
  messagesPerHour: number | null;
  messagesPerDay: number | null;
  whenLimited: LimitMode;
  providerLimits: readonly ProviderLimits[];
  warmUp: WarmUp | null;
  sesRegion: string | null;
  sesConfigurationSet: string | null;
  sesAccount: SesAccountColumn | null;
  verificationStatus: 'NEVER' | 'PASSED' | 'FAILED';
  verifiedAt: Date | null;
  failedStage: SmtpStage | null;
  verificationMessage: string | null;
  deletedAt: Date | null;
  /** Belongs to the claim of a verification; not read with the row. */
  verificationClaimedAt?: Date | null;
  /** Belongs to the claim of a look at the SES account; not read with the row. */
  sesClaimedAt?: Date | null;
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
    messagesPerMinute: { type: 'int', name: 'messages_per_minute', nullable: true },
    messagesPerHour: { type: 'int', name: 'messages_per_hour', nullable: true },
    messagesPerDay: { type: 'int', name: 'messages_per_day', nullable: true },
    whenLimited: { type: 'text', name: 'when_limited' },
    providerLimits: { type: 'jsonb', name: 'provider_limits' },
    warmUp: { type: 'jsonb', name: 'warm_up', nullable: true },
    sesRegion: { type: 'text', name: 'ses_region', nullable: true },
    sesConfigurationSet: { type: 'text', name: 'ses_configuration_set', nullable: true },
    sesAccount: { type: 'jsonb', name: 'ses_account', nullable: true },
    verificationStatus: { type: 'text', name: 'verification_status' },
    verifiedAt: { type: 'timestamptz', name: 'verified_at', nullable: true },
    failedStage: { type: 'text', name: 'failed_stage', nullable: true },
    verificationMessage: { type: 'text', name: 'verification_message', nullable: true },
    deletedAt: { type: 'timestamptz', name: 'deleted_at', nullable: true },
    verificationClaimedAt: { type: 'timestamptz', name: 'verification_claimed_at', nullable: true, select: false },
    sesClaimedAt: { type: 'timestamptz', name: 'ses_claimed_at', nullable: true, select: false },
  },
});
