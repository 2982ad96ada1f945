/** How each server looks right now: the newest word of every process about it, forgotten when it is old. */
import type { DeferredStatus, SenderStatus, ServerStatus } from '@sendpool/contracts';

export type ServerHealth = {
  /** Given to the server and not finished, plus deferred ones that wait for it. */
  readonly queueDepth: number;
  readonly deferredWaiting: number;
  readonly senders: readonly SenderStatus[];
};

export type HealthBoard = { put: (status: ServerStatus) => void; healthOf: (serverId: string) => ServerHealth };

/** A sender that says nothing for this long is gone. It speaks once a second. */
export const freshMs = 10_000;

type Known = { readonly senders: Map<string, SenderStatus>; deferred: DeferredStatus | undefined };

const isNewer = (status: ServerStatus, than: ServerStatus | undefined): boolean =>
  than === undefined || than.at <= status.at;

/** Schedulers share one truth and speak only when it changes: the newest word of any of them holds. */
const take = (known: Known, status: ServerStatus): void => {
  if (status.type === 'SCHEDULER') {
    if (isNewer(status, known.deferred)) known.deferred = status;
  } else if (isNewer(status, known.senders.get(status.source))) known.senders.set(status.source, status);
};

const dropOld = ({ senders }: Known, oldest: number): void => {
  for (const [source, status] of senders) if (status.at < oldest) senders.delete(source);
};

const healthFrom = (known: Known): ServerHealth => {
  const senders = [...known.senders.values()].sort((a, b) => (a.source < b.source ? -1 : 1));
  const deferredWaiting = known.deferred?.deferredWaiting ?? 0;
  const given = senders.reduce((sum, status) => sum + status.queued + status.inFlight, 0);
  return { queueDepth: given + deferredWaiting, deferredWaiting, senders };
};

/** `now` in milliseconds since 1970. */
export const createHealthBoard = (now: () => number): HealthBoard => {
  const servers = new Map<string, Known>();
  return {
    put: (status) => {
      const known = servers.get(status.serverId) ?? { senders: new Map(), deferred: undefined };
      servers.set(status.serverId, known);
      take(known, status);
      dropOld(known, now() - freshMs);
    },
    healthOf: (serverId) => {
      const known = servers.get(serverId) ?? { senders: new Map(), deferred: undefined };
      dropOld(known, now() - freshMs);
      return healthFrom(known);
    },
  };
};
