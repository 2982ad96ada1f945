/** Reads delivery-events again, outside any group: for the recount, and for clients that want to hear them. */
import { deliveryEventsTopic, type DeliveryEvent } from '@sendpool/contracts';
import type { EventLog } from '@sendpool/event-log';
import { isAppError } from '@sendpool/kernel';
import type { LoggedEvent } from '../../domain/check-recount.ts';

const topic = deliveryEventsTopic.name;
const maxBatch = 1000;

/** A record that cannot be read was not counted either. */
export const decodeEvent = (value: Buffer): DeliveryEvent | undefined => {
  try {
    return deliveryEventsTopic.decode(value);
  } catch (error) {
    if (isAppError(error, 'BAD_RECORD')) return undefined;
    throw error;
  }
};

/** Readable events of a lane from offset `from` to before `to`. */
export const readLane = async function* (
  eventLog: EventLog,
  lane: number,
  range: { from: number; to: number },
): AsyncGenerator<LoggedEvent> {
  let next = range.from;
  while (next < range.to) {
    const records = await eventLog.read(topic, lane, next, Math.min(maxBatch, range.to - next));
    if (records.length === 0) return;
    for (const { offset, at, value } of records) {
      const event = offset < range.to ? decodeEvent(value) : undefined;
      if (event !== undefined) yield { at, event };
      next = offset + 1;
    }
  }
};

/** Offset of the first record of each lane that the log still has. */
export const firstKept = async (eventLog: EventLog): Promise<Map<number, number>> => {
  const bounds = await eventLog.bounds(topic);
  return new Map(bounds.map(({ partition, first }) => [partition, first]));
};
