/** Keeps sending servers. */
import type { Database } from '@sendpool/database';
import { isId } from '@sendpool/kernel';
import type { SendingServer } from '../domain/sending-server.ts';
import type { ServerStore } from '../domain/stores.ts';
import { sendingServerEntity, type SendingServerRow } from './sending-server.entity.ts';
import { createVersionedStore } from './versioned.store.ts';

const toRow = ({ limits, verification, fromDomains, ...facts }: SendingServer): SendingServerRow => ({
  ...facts,
  ...limits,
  fromDomains: [...fromDomains],
  verificationStatus: verification.status,
  verifiedAt: verification.at,
  failedStage: verification.failedStage,
  verificationMessage: verification.message,
});

const fromRow = (row: SendingServerRow): SendingServer => {
  const { id, revision, name, kind, state, host, port, tls, username, password, caCertificate, fromDomains } = row;
  const { maxConnections, messagesPerConnection, messagesPerSecond } = row;
  const { verificationStatus: status, verifiedAt: at, failedStage, verificationMessage: message } = row;
  const facts = { id, revision, name, kind, state, host, port, tls, username, password, caCertificate, fromDomains };
  return {
    ...facts,
    limits: { maxConnections, messagesPerConnection, messagesPerSecond },
    verification: { status, at, failedStage, message },
  };
};

const claim = `update sending_server set verification_claimed_at = $2
  where id = $1 and (verification_claimed_at is null or verification_claimed_at <= $3)
  returning id`;

/** `changed` is called after each change that took effect. */
export const createServerStore = (database: Database, changed: () => void): ServerStore => {
  const repository = database.source.getRepository(sendingServerEntity);
  return {
    ...createVersionedStore({ repository, nameIndex: 'sending_server_name', toRow, fromRow, changed }),
    claimVerification: async (id, now, gapMs) => {
      if (!isId(id)) return false;
      const rows = await database.sql.query(claim, [id, now, new Date(now.getTime() - gapMs)]);
      return rows.length === 1;
    },
  };
};
