/** Keeps the view of servers and pools in step with sendpool.sending-config. */
import { sendingConfigTopic } from '@sendpool/contracts';
import type { EventLog, Follower } from '@sendpool/event-log';
import { decodeOr, type Log, type Part } from '@sendpool/service';
import type { SendingView } from '../../domain/sending-view.ts';

export const followSendingConfig = (deps: {
  eventLog: Pick<EventLog, 'follow'>;
  view: SendingView;
  log: Log;
}): Part => {
  let follower: Follower | undefined;
  return {
    name: 'sending-config',
    start: async () => {
      follower = await deps.eventLog.follow(sendingConfigTopic.name, (record) => {
        const config = decodeOr(sendingConfigTopic, record, deps.log);
        if (config !== undefined) deps.view.apply(config);
      });
      await follower.caughtUp;
    },
    stop: async () => {
      await follower?.close();
    },
  };
};
