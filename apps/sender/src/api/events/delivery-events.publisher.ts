/** Appends delivery events, each to the partition that is its lane. */
import { deliveryEventsTopic } from '@sendpool/contracts';
import type { EventLog } from '@sendpool/event-log';
import type { LaneKeeperDeps } from '../../domain/lane-types.ts';

export const createPublishEvents =
  (eventLog: Pick<EventLog, 'publish'>): LaneKeeperDeps['publishEvents'] =>
  (events) =>
    eventLog.publish(
      deliveryEventsTopic.name,
      events.map((event) => ({ partition: event.lane, key: null, value: deliveryEventsTopic.encode(event) })),
    );
