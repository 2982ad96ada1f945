/** Hears from the other senders which servers they have found broken. What was said before this process began does not matter. */
import { senderStatusTopic } from '@sendpool/contracts';
import { endsOf, type EventLog, type StoredRecord } from '@sendpool/event-log';
import { decodeOr, openedPart, type Log, type Part } from '@sendpool/service';

export type PeerStatusDeps = {
  eventLog: Pick<EventLog, 'tail' | 'bounds'>;
  /** Id of this process, which does not listen to itself. */
  source: string;
  /** A peer's breaker is open for this server. */
  warn(serverId: string): void;
  log: Log;
};

const gatherMs = 1000;
const topic = senderStatusTopic.name;

/** Nearly every status is of a healthy server: these are not worth to be read. */
const mark = Buffer.from('"OPEN"');

/** The servers that others have found broken. */
export const openAtPeers = (
  records: readonly StoredRecord[],
  { source, log }: Pick<PeerStatusDeps, 'source' | 'log'>,
): Set<string> => {
  const open = new Set<string>();
  for (const record of records) {
    if (!record.value.includes(mark)) continue;
    const status = decodeOr(senderStatusTopic, record, log);
    if (status?.type === 'SENDER' && status.source !== source && status.breaker === 'OPEN') open.add(status.serverId);
  }
  return open;
};

/** A hint is only a hint: while the log cannot be read, there is none. */
export const readPeerStatus = ({ eventLog, source, warn, log }: PeerStatusDeps): Part =>
  openedPart('peer-status', async () =>
    eventLog.tail({
      topic,
      from: endsOf(await eventLog.bounds(topic)),
      onRecords: (records) => openAtPeers(records, { source, log }).forEach((id) => warn(id)),
      gatherMs,
    }),
  );
