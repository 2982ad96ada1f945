/** Hears from the other senders which servers they have found broken. What was said before this process began does not matter. */
import { senderStatusTopic, type ServerStatus } from '@sendpool/contracts';
import type { EventLog, StoredRecord } from '@sendpool/event-log';
import { isAppError } from '@sendpool/kernel';
import type { Log, Part } from '@sendpool/service';

export type PeerStatusDeps = {
  eventLog: Pick<EventLog, 'read' | 'bounds'>;
  /** Id of this process, which does not listen to itself. */
  source: string;
  /** A peer's breaker is open for this server. */
  warn(serverId: string): void;
  log: Log;
};

const topic = senderStatusTopic.name;
const everyMs = 1000;
const maxBatch = 1000;

/** Nearly every status is of a healthy server: these are not worth to be read. */
const mark = Buffer.from('"OPEN"');

const decode = (value: Buffer): ServerStatus | undefined => {
  try {
    return senderStatusTopic.decode(value);
  } catch (error) {
    if (isAppError(error, 'BAD_RECORD')) return undefined;
    throw error;
  }
};

/** The servers that others have found broken. */
export const openAtPeers = (records: readonly StoredRecord[], source: string): Set<string> => {
  const open = new Set<string>();
  for (const { value } of records) {
    if (!value.includes(mark)) continue;
    const status = decode(value);
    if (status?.type === 'SENDER' && status.source !== source && status.breaker === 'OPEN') open.add(status.serverId);
  }
  return open;
};

/** Reads on from `next` while batches are full; returns where to go on. */
const readOn = async ({ eventLog, source, warn }: PeerStatusDeps, next: number): Promise<number> => {
  for (let from = next; ;) {
    const records = await eventLog.read(topic, 0, from, maxBatch);
    for (const serverId of openAtPeers(records, source)) warn(serverId);
    from = (records.at(-1)?.offset ?? from - 1) + 1;
    if (records.length < maxBatch) return from;
  }
};

const createTurn = (deps: PeerStatusDeps): (() => Promise<void>) => {
  let next: number | undefined;
  return async () => {
    next = await readOn(deps, next ?? (await deps.eventLog.bounds(topic))[0]?.next ?? 0);
  };
};

/** A hint is only a hint: while the log cannot be read, there is none. */
export const readPeerStatus = (deps: PeerStatusDeps): Part => {
  const turn = createTurn(deps);
  let running: Promise<void> | undefined;
  let timer: NodeJS.Timeout | undefined;
  const tick = (): void => {
    running ??= turn()
      .catch((error: unknown) => deps.log.warn({ error }, 'the status of the other senders could not be read'))
      .finally(() => (running = undefined));
  };
  return {
    name: 'peer-status',
    start: async () => {
      tick();
      timer = setInterval(tick, everyMs);
    },
    stop: async () => {
      clearInterval(timer);
      await running;
    },
  };
};
