/** How many deferred messages wait to be tried again at each server. */

export type DeferredWaiting = {
  /** Counts by the server that deferred them last. */
  deferredWaiting(): Promise<ReadonlyMap<string, number>>;
};

/** What is new: counts that changed since `before`, and 0 for servers that have none any more. */
export const changedCounts = (
  before: ReadonlyMap<string, number>,
  now: ReadonlyMap<string, number>,
): Map<string, number> => {
  const changed = new Map<string, number>();
  for (const [server, count] of now) if (before.get(server) !== count) changed.set(server, count);
  for (const [server, count] of before) if (count !== 0 && !now.has(server)) changed.set(server, 0);
  return changed;
};
