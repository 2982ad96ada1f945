/** Takes send requests of the lanes this process owns, and hands them with their epochs to the keeper of the lanes. */
import { sendRequestsTopic, senderGroup } from '@sendpool/contracts';
import type { Consumer, Epoch, EventLog, StoredRecord } from '@sendpool/event-log';
import { messageOf } from '@sendpool/kernel';
import { openedPart, type Log, type Part } from '@sendpool/service';
import type { LaneKeeper, StoredRequest } from '../../domain/lane-types.ts';
import { readRequest } from '../../domain/read-request.ts';

export type SendRequestsDeps = {
  eventLog: Pick<EventLog, 'consume'>;
  keeper: Pick<LaneKeeper, 'assigned' | 'received' | 'revoked'>;
  /** Told the lanes of each new epoch before its first message. */
  onLanes(owned: ReadonlySet<number>): void;
  /** The keeper starts nothing more: what is started and not in conversation is to end. */
  onStandDown(): void;
  /** Longest time to wait for running conversations when lanes are given up; above the keeper's own. */
  drainMs: number;
  /** How a traced request goes on here. */
  takeIn?: ((stored: StoredRequest) => StoredRequest) | undefined;
  log: Log;
};

const read = ({ offset, value }: StoredRecord): StoredRequest => readRequest(offset, value);

const consume = ({
  eventLog,
  keeper,
  onLanes,
  onStandDown,
  drainMs,
  takeIn,
  log,
}: SendRequestsDeps): Promise<Consumer> => {
  let newest: Epoch | undefined;
  return eventLog.consume({
    topic: sendRequestsTopic.name,
    group: senderGroup,
    drainMs,
    onAssigned: async (epoch) => {
      newest = epoch;
      log.info({ generation: epoch.generation, lanes: epoch.partitions }, 'lanes were assigned');
      onLanes(new Set(epoch.partitions));
      return keeper.assigned(epoch);
    },
    onBatch: ({ partition, records }, epoch) => {
      const requests = records.map(read);
      return keeper.received(epoch, partition, takeIn === undefined ? requests : requests.map(takeIn));
    },
    onRevoked: async (epoch, reason) => {
      log.info({ generation: epoch.generation, reason }, 'lanes are given up');
      const ended = keeper.revoked(epoch, reason);
      // An epoch that was still opening when its time was over hears of its end later, maybe in the next one.
      if (epoch === newest) onStandDown();
      await ended;
    },
    onError: (error) => log.warn({ error }, `send-requests are read again: ${messageOf(error)}`),
  });
};

export const consumeSendRequests = (deps: SendRequestsDeps): Part => openedPart('send-requests', () => consume(deps));
