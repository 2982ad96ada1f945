/**
 * Publishes each campaign revision after its transaction, until the log has it. Reads its own topic back: a record that
 * arrives late must not undo a pause or a cancel, so a campaign whose last record is older than its row is published again. What others
 * have published is news here too: their campaigns may be sent in the lanes of this process.
 */
import { campaignsTopic, type CampaignRecord } from '@sendpool/contracts';
import type { EventLog, Follower } from '@sendpool/event-log';
import { decodeOr, type Log } from '@sendpool/service';
import type { CampaignOutbox } from '../../domain/campaign-life.ts';
import { isOrphan } from '../../domain/restore-campaigns.ts';
import { createLoop, type Loop } from './loop.ts';

export type CampaignsPublisherDeps = {
  eventLog: Pick<EventLog, 'publish' | 'follow'>;
  outbox: CampaignOutbox;
  /** Called when revisions have been acknowledged: the campaigns may be sent. */
  acknowledged(): void;
  /** Called with campaigns of which the log holds a newer revision than the database. */
  ahead(ids: readonly string[]): void;
  log: Log;
};

/** Another process may have died between its transaction and its publication. */
const lookAgainMs = 1000;
const atOnce = 100;

const publish = (deps: CampaignsPublisherDeps, records: readonly CampaignRecord[]): Promise<void> =>
  deps.eventLog.publish(
    campaignsTopic.name,
    records.map((record) => ({ partition: 0, key: record.id, value: campaignsTopic.encode(record) })),
  );

const publishNew = async (deps: CampaignsPublisherDeps): Promise<boolean> => {
  const records = await deps.outbox.unacknowledged(atOnce);
  if (records.length === 0) return false;
  await publish(deps, records);
  await deps.outbox.acknowledge(records);
  deps.acknowledged();
  return records.length === atOnce;
};

/** What the log holds last of each campaign, since it was last compared with the rows; and which campaigns are at their end there. */
type Seen = {
  readonly revisions: Map<string, number>;
  readonly over: Set<string>;
  isAhead: boolean;
  /** Records have come since the lanes were told. */
  hasNews: boolean;
};

/** Whoever published them may not have said yet that the log has them. */
const tellNews = async (deps: CampaignsPublisherDeps, seen: Seen): Promise<void> => {
  if (!seen.hasNews) return;
  seen.hasNews = false;
  const records = [...seen.revisions].map(([id, revision]) => ({ id, revision }));
  await deps.outbox.acknowledge(records).catch((error: unknown) => {
    seen.hasNews = true;
    throw error;
  });
  deps.acknowledged();
};

/** A campaign without a row matters only while senders may be sending it. */
const findAhead = async (deps: CampaignsPublisherDeps, seen: Seen): Promise<void> => {
  const { revisions, over } = seen;
  const older = await deps.outbox.olderThan(revisions);
  const ahead = older.filter(({ id, isKnown }) => isKnown || !over.has(id));
  if (ahead.length === 0) return;
  seen.isAhead = true;
  deps.ahead(ahead.map(({ id }) => id));
};

const repair = async (deps: CampaignsPublisherDeps, seen: Seen): Promise<void> => {
  if (seen.revisions.size === 0) return;
  await findAhead(deps, seen);
  const compared = new Map(seen.revisions);
  const newer = await deps.outbox.newerThan(compared);
  if (newer.length > 0) {
    await publish(deps, newer);
    deps.log.warn({ campaigns: newer.map(({ id }) => id) }, 'the log held older revisions: published again');
  }
  for (const [id, revision] of compared) if (seen.revisions.get(id) === revision) seen.revisions.delete(id);
};

const note = (seen: Seen, record: CampaignRecord): void => {
  seen.revisions.set(record.id, record.revision);
  seen.hasNews = true;
  if (isOrphan(record)) seen.over.delete(record.id);
  else seen.over.add(record.id);
};

export const createCampaignsPublisher = (deps: CampaignsPublisherDeps): Loop => {
  const seen: Seen = { revisions: new Map(), over: new Set(), isAhead: false, hasNews: false };
  let follower: Follower | undefined;
  const loop = createLoop({
    name: 'campaigns publisher',
    log: deps.log,
    turn: async () => {
      // What the log has newer must stay its last word until the restore has taken it from there.
      if (seen.isAhead) return lookAgainMs;
      await tellNews(deps, seen);
      const more = await publishNew(deps);
      if (!more) await repair(deps, seen);
      return more ? 0 : lookAgainMs;
    },
  });
  return {
    ...loop,
    start: async () => {
      for (const id of await deps.outbox.running()) seen.revisions.set(id, 0);
      follower = await deps.eventLog.follow(campaignsTopic.name, (stored) => {
        const record = decodeOr(campaignsTopic, stored, deps.log);
        if (record === undefined) return;
        note(seen, record);
        loop.wake();
      });
      await follower.caughtUp;
      await findAhead(deps, seen);
      await loop.start?.();
    },
    stop: async (deadlineMs) => {
      await loop.stop?.(deadlineMs);
      await follower?.close();
    },
  };
};
