/** Looks into send-requests outside of any epoch: what the keeper of the lanes needs to settle a ledger that was lost or inherited. */
import { sendRequestsTopic } from '@sendpool/contracts';
import type { EventLog } from '@sendpool/event-log';
import type { LaneKeeperDeps } from '../../domain/lane-types.ts';
import { readRequest } from '../../domain/read-request.ts';

const { name } = sendRequestsTopic;

/** The last record need not have the highest sequence: an old slice may have been produced again after it. A slice has 500 records at most. */
const tail = 4096;

const highest = (values: readonly number[]): number | undefined =>
  values.length === 0 ? undefined : values.reduce((most, value) => Math.max(most, value));

const readTail = async (eventLog: EventLog, lane: number): ReturnType<LaneKeeperDeps['readTail']> => {
  const bounds = (await eventLog.bounds(name)).find(({ partition }) => partition === lane);
  if (bounds === undefined) return { end: 0, lastSequence: undefined };
  const from = Math.max(bounds.first, bounds.next - tail);
  const sequences: number[] = [];
  for (let offset = from; offset < bounds.next;) {
    const records = await eventLog.read(name, lane, offset, tail);
    if (records.length === 0) break;
    for (const record of records) {
      const { request, invalid } = readRequest(record.offset, record.value);
      const sequence = request?.sequence ?? invalid?.sequence;
      if (sequence !== undefined) sequences.push(sequence);
    }
    offset = records.at(-1)!.offset + 1;
  }
  return { end: bounds.next, lastSequence: highest(sequences) };
};

export const createRequestReader = (eventLog: EventLog): Pick<LaneKeeperDeps, 'readTail' | 'readRecord'> => ({
  readTail: (lane) => readTail(eventLog, lane),
  readRecord: async (lane, offset) => {
    const [record] = await eventLog.read(name, lane, offset, 1);
    return record?.offset === offset ? readRequest(record.offset, record.value) : undefined;
  },
});
