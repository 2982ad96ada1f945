/** Keeps sending servers. */
import type { Sql } from '@sendpool/database';
import { isId } from '@sendpool/kernel';
import { IsNull, Not } from 'typeorm';
import type { SendingLimits } from '../domain/limits.ts';
import type { SendingServer } from '../domain/sending-server.ts';
import type { SesAccount, SesSettings } from '../domain/ses.ts';
import type { ServerStore } from '../domain/stores.ts';
import { poolsWith } from './members.ts';
import { sendingServerEntity, type SendingServerRow, type SesAccountColumn } from './sending-server.entity.ts';
import { createVersionedStore } from './versioned.store.ts';
import type { StoreDatabase } from './store-database.ts';

const toAccountColumn = (account: SesAccount): SesAccountColumn => ({
  ...account,
  checkedAt: account.checkedAt.toISOString(),
});

const toSesColumns = (ses: SesSettings | null) => ({
  sesRegion: ses?.region ?? null,
  sesConfigurationSet: ses?.configurationSet ?? null,
  sesAccount: ses?.account ? toAccountColumn(ses.account) : null,
});

const toRow = ({ limits, verification, fromDomains, ses, ...facts }: SendingServer): SendingServerRow => {
  const { providers, ...ownLimits } = limits;
  return {
    ...facts,
    ...ownLimits,
    ...toSesColumns(ses),
    providerLimits: providers,
    fromDomains: [...fromDomains],
    verificationStatus: verification.status,
    verifiedAt: verification.at,
    failedStage: verification.failedStage,
    verificationMessage: verification.message,
  };
};

const sesOf = ({ sesRegion, sesConfigurationSet, sesAccount }: SendingServerRow): SesSettings | null => {
  if (sesRegion === null) return null;
  const account = sesAccount && { ...sesAccount, checkedAt: new Date(sesAccount.checkedAt) };
  return { region: sesRegion, configurationSet: sesConfigurationSet, account };
};

const limitsOf = (row: SendingServerRow): SendingLimits => ({
  maxConnections: row.maxConnections,
  messagesPerConnection: row.messagesPerConnection,
  messagesPerSecond: row.messagesPerSecond,
  messagesPerMinute: row.messagesPerMinute,
  messagesPerHour: row.messagesPerHour,
  messagesPerDay: row.messagesPerDay,
  whenLimited: row.whenLimited,
  providers: row.providerLimits,
});

const fromRow = (row: SendingServerRow): SendingServer => {
  const { id, revision, name, kind, state, host, port, tls, username, password, caCertificate, fromDomains } = row;
  const {
    verificationStatus: status,
    verifiedAt: at,
    failedStage,
    verificationMessage: message,
    warmUp,
    deletedAt,
  } = row;
  const facts = { id, revision, name, kind, state, host, port, tls, username, password, caCertificate, fromDomains };
  const verification = { status, at, failedStage, message };
  return { ...facts, limits: limitsOf(row), warmUp, ses: sesOf(row), verification, deletedAt };
};

const claim = `update sending_server set verification_claimed_at = $2
  where id = $1 and (verification_claimed_at is null or verification_claimed_at <= $3)
  returning id`;

/** Of two processes that ask at once, the second passes over the row of the first. */
const claimAccount = `update sending_server set ses_claimed_at = $1 where id = (
    select id from sending_server
    where kind = 'SES' and verification_status <> 'NEVER' and deleted_at is null and (ses_claimed_at is null or ses_claimed_at <= $2)
    order by ses_claimed_at nulls first limit 1 for update skip locked)
  returning id`;

const noteAccount = `update sending_server set ses_account = $2 where id = $1 and kind = 'SES'`;

/** Whoever puts it into a pool waits, or is waited for. */
const lock = `select from sending_server where id = $1 for update`;

const isUnusedWhenDeleted = async (sql: Sql, { id, deletedAt }: SendingServer): Promise<boolean> => {
  if (deletedAt === null) return true;
  await sql.query(lock, [id]);
  return (await poolsWith(sql, id)).length === 0;
};

/** `changed` is called after each change that took effect. */
export const createServerStore = (database: StoreDatabase, changed: () => void): ServerStore => {
  const { sql, source } = database;
  const repository = source.getRepository(sendingServerEntity);
  const rows = { entity: sendingServerEntity, nameIndex: 'sending_server_name', toRow, fromRow };
  return {
    ...createVersionedStore({ sql, source, table: 'sending_server', ...rows, mayWrite: isUnusedWhenDeleted, changed }),
    claimVerification: async (id, now, gapMs) => {
      if (!isId(id)) return false;
      const rows = await database.sql.query(claim, [id, now, new Date(now.getTime() - gapMs)]);
      return rows.length === 1;
    },
    claimSesAccount: async (now, gapMs) => {
      const before = new Date(now.getTime() - gapMs);
      return (await database.sql.query<{ id: string }>(claimAccount, [now, before]))[0]?.id;
    },
    withSameSesAccount: async ({ id, username, ses }) => {
      if (ses === null) return [];
      const same = { kind: 'SES', state: 'ACTIVE', sesRegion: ses.region, username: username ?? IsNull() } as const;
      return (await repository.find({ where: { ...same, id: Not(id) }, order: { id: 'ASC' } })).map(fromRow);
    },
    noteSesAccount: async (id, account) => {
      await database.sql.query(noteAccount, [id, JSON.stringify(toAccountColumn(account))]);
    },
  };
};
