/** Keeps the board of pools in step with sendpool.sending-config. */
import { sendingConfigTopic } from '@sendpool/contracts';
import type { EventLog, Follower, StoredRecord } from '@sendpool/event-log';
import { decodeOr, type Log, type Part } from '@sendpool/service';
import type { PoolBoard } from '../../domain/pool-board.ts';

export type SendingConfigDeps = { eventLog: Pick<EventLog, 'follow'>; board: PoolBoard; log: Log };

const apply = (record: StoredRecord, { board, log }: SendingConfigDeps): void => {
  const config = decodeOr(sendingConfigTopic, record, log);
  if (config !== undefined) board.apply(config);
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
