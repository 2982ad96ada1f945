/**
 * Publishes each campaign revision after its transaction, until the log has it. Reads its own topic back: a record that
 * arrives late must not undo a pause or a cancel, so a campaign whose last record is older than its row is published again.
 */
import { campaignsTopic, type CampaignRecord } from '@sendpool/contracts';
import type { EventLog, Follower } from '@sendpool/event-log';
import type { Log } from '@sendpool/service';
import type { CampaignOutbox } from '../../domain/campaign-life.ts';
import { decodeOr } from './decode.ts';
import { createLoop, type Loop } from './loop.ts';

export type CampaignsPublisherDeps = {
  eventLog: Pick<EventLog, 'publish' | 'follow'>;
  outbox: CampaignOutbox;
  /** Called when revisions have been acknowledged: the campaigns may be sent. */
  acknowledged(): void;
  log: Log;
};

/** Another replica may have died between its transaction and its publication. */
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

/** What the log holds last of each campaign, since it was last compared with the rows. */
const repair = async (deps: CampaignsPublisherDeps, seen: Map<string, number>): Promise<void> => {
  if (seen.size === 0) return;
  const compared = new Map(seen);
  const newer = await deps.outbox.newerThan(compared);
  if (newer.length > 0) {
    await publish(deps, newer);
    deps.log.warn({ campaigns: newer.map(({ id }) => id) }, 'the log held older revisions: published again');
  }
  for (const [id, revision] of compared) if (seen.get(id) === revision) seen.delete(id);
};

export const createCampaignsPublisher = (deps: CampaignsPublisherDeps): Loop => {
  const seen = new Map<string, number>();
  let follower: Follower | undefined;
  const loop = createLoop({
    name: 'campaigns publisher',
    log: deps.log,
    turn: async () => {
      const more = await publishNew(deps);
      if (!more) await repair(deps, seen);
      return more ? 0 : lookAgainMs;
    },
  });
  return {
    ...loop,
    start: async () => {
      for (const id of await deps.outbox.running()) seen.set(id, 0);
      follower = await deps.eventLog.follow(campaignsTopic.name, (stored) => {
        const record = decodeOr(campaignsTopic, stored, deps.log);
        if (record !== undefined) seen.set(record.id, record.revision);
      });
      await follower.caughtUp;
      await loop.start?.();
    },
    stop: async (deadlineMs) => {
      await loop.stop?.(deadlineMs);
      await follower?.close();
    },
  };
};
