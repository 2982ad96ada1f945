/** What the use cases need of the stores; PostgreSQL keeps it in store/. */
import type { ApiKeyUse } from '@sendpool/contracts';
import type { ApiKey } from './api-key.ts';
import type { Pool } from './pool.ts';
import type { RotationEntry, SettleVerdict } from './rotation-entry.ts';
import type { SendingServer } from './sending-server.ts';
import type { SesAccount } from './ses.ts';

export type Versioned = { readonly id: string; readonly revision: number };

/** A deleted row is in no list, and nothing changes it any more. It stays, for what was done with it before. */
export type Deletable = Versioned & { readonly deletedAt: Date | null };

export type ListPage = {
  readonly count: number;
  readonly order: { readonly field: 'CREATED_AT' | 'NAME'; readonly direction: 'ASC' | 'DESC' };
  /** The row before the first one wanted: its name, when that is the order, and its id. */
  readonly after: { readonly key: string; readonly id: string } | undefined;
  /** Only rows with this in their name, upper and lower case being one; undefined = all. */
  readonly nameContains: string | undefined;
};

/** Rows as they are shown in lists. */
export type Listed<T> = {
  /** At most `count` rows in this order. */
  page(asked: ListPage): Promise<T[]>;
  /** All rows with this in their name; undefined = all there are. */
  count(nameContains: string | undefined): Promise<number>;
};

/** Rows whose changes are made in order: a save takes effect only on the revision before its own. */
export type VersionedStore<T extends Deletable> = Listed<T> & {
  /** Those of the ids that exist, deleted ones too, in no order. Texts that are no id are not found. */
  find(ids: readonly string[]): Promise<T[]>;
  /** STALE: a server that the row names is deleted; nothing was changed. */
  insert(row: T): Promise<'SAVED' | 'NAME_TAKEN' | 'STALE'>;
  /** STALE: the stored row is not at `row.revision - 1` any more, it names a server that is deleted, or it is deleted and a pool names it; nothing was changed. */
  save(row: T): Promise<'SAVED' | 'NAME_TAKEN' | 'STALE'>;
};

export type ServerStore = VersionedStore<SendingServer> & {
  /** True for one caller in `gapMs`, over all processes: that one may verify the server now. */
  claimVerification(id: string, now: Date, gapMs: number): Promise<boolean>;
  /**
   * Id of a server of kind SES that was verified once and whose account nobody has claimed in `gapMs`, over all processes: the caller looks
   * at it now. Undefined: none is due.
   */
  claimSesAccount(now: Date, gapMs: number): Promise<string | undefined>;
  /** The other active servers of kind SES with the same region and access key: as far as can be seen, of the same account. */
  withSameSesAccount(server: SendingServer): Promise<SendingServer[]>;
  /** Keeps what the account said when nothing of it concerns the senders: no new revision. */
  noteSesAccount(id: string, account: SesAccount): Promise<void>;
};

export type PoolStore = VersionedStore<Pool> & {
  /** Names of the pools that have the server as a member, at most 5. */
  withMember(serverId: string): Promise<string[]>;
  /** Ids of pools with a member that is OUT until `now` or before. */
  withMembersDue(now: Date): Promise<string[]>;
};

export type RotationStore = {
  /**
   * Keeps the verdict and what it changes in its pool in one transaction, once for each verdict id; false: it was kept before. An EJECT
   * that is refused as the one before it takes that one's place, and no older EJECT of the server is settled any more.
   */
  settle(settling: SettleVerdict): Promise<boolean>;
  /** At most `count` verdicts on each pool, newest first, beyond the one numbered `before`; a pool without any has no entry. */
  page(poolIds: readonly string[], count: number, before?: number): Promise<ReadonlyMap<string, RotationEntry[]>>;
  /** How many verdicts there are on each pool; a pool without any has no entry. */
  counts(poolIds: readonly string[]): Promise<ReadonlyMap<string, number>>;
};

export type KeyDecision<T> = { readonly save?: ApiKey; readonly answer: T };

export type KeyStore = Listed<ApiKey> & {
  /** All keys in the order they were made, revoked ones too. */
  list(): Promise<ApiKey[]>;
  /** Those of the ids that exist, in no order. Texts that are no id are not found. */
  find(ids: readonly string[]): Promise<ApiKey[]>;
  /** Looks at all keys and saves at most one, while nobody else changes any. */
  exclusively<T>(decide: (keys: readonly ApiKey[]) => KeyDecision<T>): Promise<T>;
  /** Keeps when a key was used, unless a later use is known. It is no change of the key: no new revision. */
  noteUse(use: ApiKeyUse): Promise<void>;
};
