/** How each server looks right now: the newest word of every process about it, forgotten when it is old. */
import type { DeferredStatus, SenderStatus, ServerStatus } from '@sendpool/contracts';

export type ServerHealth = {
  /** Given to the server and not finished, plus deferred ones that wait for it. */
  readonly queueDepth: number;
  readonly deferredWaiting: number;
  readonly senders: readonly SenderStatus[];
};

export type HealthBoard = { put: (status: ServerStatus) => void; healthOf: (serverId: string) => ServerHealth };

/** A process that says nothing for this long is gone. It speaks once a second. */
export const freshMs = 10_000;

const isSender = (status: ServerStatus): status is SenderStatus => status.type === 'SENDER';
const isScheduler = (status: ServerStatus): status is DeferredStatus => status.type === 'SCHEDULER';

const healthFrom = (statuses: readonly ServerStatus[]): ServerHealth => {
  const senders = statuses.filter(isSender).sort((a, b) => (a.source < b.source ? -1 : 1));
  const deferredWaiting = statuses.filter(isScheduler).reduce((sum, status) => sum + status.deferredWaiting, 0);
  const given = senders.reduce((sum, status) => sum + status.queued + status.inFlight, 0);
  return { queueDepth: given + deferredWaiting, deferredWaiting, senders };
};

/** `now` in milliseconds since 1970. Remembers one status for each source and server that has spoken within ten seconds. */
export const createHealthBoard = (now: () => number): HealthBoard => {
  const servers = new Map<string, Map<string, ServerStatus>>();
  const dropOld = (sources: Map<string, ServerStatus>): void => {
    const oldest = now() - freshMs;
    for (const [source, status] of sources) if (status.at < oldest) sources.delete(source);
  };
  return {
    put: (status) => {
      const sources = servers.get(status.serverId) ?? new Map<string, ServerStatus>();
      servers.set(status.serverId, sources);
      if ((sources.get(status.source)?.at ?? 0) <= status.at) sources.set(status.source, status);
      dropOld(sources);
    },
    healthOf: (serverId) => {
      const sources = servers.get(serverId) ?? new Map<string, ServerStatus>();
      dropOld(sources);
      return healthFrom([...sources.values()]);
    },
  };
};
