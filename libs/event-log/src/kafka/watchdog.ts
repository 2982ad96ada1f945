/**
 * Finds an epoch that stands still though its loops run: fetches that are never answered, or a log that grows while nothing of it arrives.
 * Neither is known to happen; both were seen in other clients, and looked like an empty topic.
 */
import { AppError, sleep } from '@sendpool/kernel';
import type { Progress } from '../group/delivery.ts';

export type WatchdogDeps = {
  /** Undefined while nothing is delivered yet. */
  progress(): { answeredAt: number; lanes: readonly Progress[] } | undefined;
  /** Next offset to be written, of each partition. */
  ends(): Promise<ReadonlyMap<number, number>>;
  /** How long an epoch may stand still; looks four times in it. */
  patienceMs: number;
};

/** Since when a partition has stood at an offset with more behind it. */
type Standing = { next: number; since: number };

const standingNow = (lanes: readonly Progress[], ends: ReadonlyMap<number, number>): Map<number, number> =>
  new Map(
    lanes
      .filter(({ partition, next, isHungry }) => isHungry && (ends.get(partition) ?? 0) > next)
      .map(({ partition, next }) => [partition, next]),
  );

const update = (standing: Map<number, Standing>, now: ReadonlyMap<number, number>): void => {
  for (const [partition, { next }] of standing) if (now.get(partition) !== next) standing.delete(partition);
  for (const [partition, next] of now)
    if (!standing.has(partition)) standing.set(partition, { next, since: performance.now() });
};

/** Resolves with what is wrong, or with undefined when `stop` comes first. */
export const watchStandstill = async (deps: WatchdogDeps, stop: AbortSignal): Promise<AppError | undefined> => {
  const standing = new Map<number, Standing>();
  for (;;) {
    await sleep(deps.patienceMs / 4, stop);
    if (stop.aborted) return undefined;
    const seen = deps.progress();
    if (seen === undefined) continue;
    if (performance.now() - seen.answeredAt > deps.patienceMs)
      return new AppError('UNAVAILABLE', 'no read has been answered for too long; the consumer starts anew');
    // Asked after the positions were noted: what came in between makes a partition look behind once, not twice.
    const ends = await deps.ends().catch(() => undefined);
    if (ends === undefined) continue;
    update(standing, standingNow(seen.lanes, ends));
    const stuck = [...standing].find(([, { since }]) => performance.now() - since > deps.patienceMs);
    if (stuck !== undefined)
      return new AppError('UNAVAILABLE', `partition ${stuck[0]} stands at ${stuck[1].next}; the consumer starts anew`);
  }
};
