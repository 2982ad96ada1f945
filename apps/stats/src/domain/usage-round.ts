/** Tells senders what each server has sent today: once a second those that changed, and all of them after a start. */
import type { ServerUsage } from '@sendpool/contracts';
import { countedUntil, isNews, usagesOf, type Attempts, type LaneStanding, type Told } from './usage.ts';

export type UsageStore = {
  lanes(): Promise<LaneStanding[]>;
  /** Of the day of this time (milliseconds since 1970). */
  attempts(at: number): Promise<Attempts[]>;
  told(): Promise<Told[]>;
  tell(usages: readonly ServerUsage[], at: number): Promise<void>;
};

export type UsageDeps = {
  /** Servers that config knows. */
  serverIds(): readonly string[];
  /** Next offset of each lane of delivery-events. */
  ends(): Promise<readonly { readonly partition: number; readonly next: number }[]>;
  /** Does the work when it is our turn, in one transaction; resolves false when it is not. */
  inRound(work: (store: UsageStore) => Promise<void>): Promise<boolean>;
  /** Resolves once they are durable. */
  publish(usages: readonly ServerUsage[]): Promise<void>;
  /** Milliseconds since 1970. */
  now(): number;
};

/**
 * After its last change a server is told on for so long: senders leave out of a quota what they sent in the five seconds before
 * `countedUntil`, and would do so until they hear again. Milliseconds.
 */
const settleMs = 8_000;

/** One round. The order of the questions matters: the clock, then the ends of the log, then what is counted. */
export const createUsageRound = (deps: UsageDeps): (() => Promise<void>) => {
  let hasBegun = false;
  const changedAt = new Map<string, number>();
  return async () => {
    const now = deps.now();
    const ends = await deps.ends();
    const isOurs = await deps.inRound(async (store) => {
      const until = countedUntil(ends, await store.lanes(), now);
      const usages = usagesOf({ attempts: await store.attempts(now), serverIds: deps.serverIds(), until }, now);
      const told = new Map((await store.told()).map((one) => [one.serverId, one]));
      for (const { serverId, attempted } of usages)
        if (told.get(serverId)?.attempted !== attempted) changedAt.set(serverId, now);
      const isFresh = ({ serverId }: ServerUsage): boolean => now - (changedAt.get(serverId) ?? -Infinity) < settleMs;
      const news = usages.filter((one) => !hasBegun || isFresh(one) || isNews(one, told.get(one.serverId), now));
      if (news.length === 0) return;
      await deps.publish(news);
      await store.tell(news, now);
    });
    hasBegun ||= isOurs;
  };
};
