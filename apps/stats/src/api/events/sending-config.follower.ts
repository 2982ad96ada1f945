/** Keeps the board of pools in step with sendpool.sending-config. */
import { sendingConfigTopic } from '@sendpool/contracts';
import type { EventLog, Follower, StoredRecord } from '@sendpool/event-log';
import { isAppError } from '@sendpool/kernel';
import type { Log, Part } from '@sendpool/service';
import type { PoolBoard } from '../../domain/pool-board.ts';

export type SendingConfigDeps = { eventLog: Pick<EventLog, 'follow'>; board: PoolBoard; log: Log };

const apply = (record: StoredRecord, { board, log }: SendingConfigDeps): void => {
  try {
    board.apply(sendingConfigTopic.decode(record.value));
  } catch (error) {
    if (!isAppError(error, 'BAD_RECORD')) throw error;
    log.error({ error, offset: record.offset }, 'a record of sending-config cannot be read and is passed over');
  }
};

/** Ready when everything that was there at the start has been applied. */
export const createSendingConfig = (deps: SendingConfigDeps): Part => {
  let follower: Follower | undefined;
  return {
    name: 'sending-config',
    start: async () => {
      follower = await deps.eventLog.follow(sendingConfigTopic.name, (record) => apply(record, deps));
      await follower.caughtUp;
    },
    stop: async () => {
      await follower?.close();
    },
  };
};
