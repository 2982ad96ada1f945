/** Reads lanes in the event log outside any group: their newest sequences for the check, and all of them for a restore. */
import {
  campaignsTopic,
  deliveryEventsTopic,
  senderGroup,
  sendRequestsTopic,
  type CampaignRecord,
  type OutcomeEvent,
  type SendRequestRecord,
} from '@sendpool/contracts';
import type { EventLog, StoredRecord } from '@sendpool/event-log';
import { decodeOr, type Log } from '@sendpool/service';
import type { LaneInLog } from '../../domain/lane-step.ts';
import type { LaneBounds, RestoreLog } from '../../domain/restore-lane.ts';

type Reader = Pick<EventLog, 'read' | 'bounds'>;
type Bounds = { readonly first: number; readonly next: number };

/** Records in the tail: more than all late produces of old slices that may lie behind the newest one. */
const tail = 1000;
const atOnce = 1000;

const boundsOf = async (eventLog: Reader, topic: string): Promise<Map<number, Bounds>> =>
  new Map((await eventLog.bounds(topic)).map((bounds) => [bounds.partition, bounds]));

const nothing: Bounds = { first: 0, next: 0 };

const readRange = async function* (
  eventLog: Reader,
  at: { topic: string; lane: number; from: number; to: number },
): AsyncGenerator<StoredRecord> {
  for (let offset = at.from; offset < at.to;) {
    const records = await eventLog.read(at.topic, at.lane, offset, Math.min(atOnce, at.to - offset));
    if (records.length === 0) return;
    for (const record of records) if (record.offset < at.to) yield record;
    offset = records.at(-1)!.offset + 1;
  }
};

const requestsIn = async function* (
  eventLog: Reader,
  range: { lane: number; from: number; to: number },
  log: Log,
): AsyncGenerator<SendRequestRecord> {
  for await (const stored of readRange(eventLog, { topic: sendRequestsTopic.name, ...range })) {
    const record = decodeOr(sendRequestsTopic, stored, log);
    if (record !== undefined) yield record;
  }
};

const newestSequence = async (
  eventLog: Reader,
  at: { lane: number; bounds: Bounds },
  log: Log,
): Promise<number | undefined> => {
  const { lane, bounds } = at;
  const from = Math.max(bounds.first, bounds.next - tail);
  let newest: number | undefined;
  for await (const { sequence } of requestsIn(eventLog, { lane, from, to: bounds.next }, log))
    newest = Math.max(newest ?? -1, sequence);
  return newest;
};

/** How these lanes stand in the log. The end of the events is read last: what is recorded meanwhile lies before it. */
export const readTails = async (
  eventLog: Reader,
  lanes: readonly number[],
  log: Log,
): Promise<Map<number, LaneInLog>> => {
  const requests = await boundsOf(eventLog, sendRequestsTopic.name);
  const newest = await Promise.all(
    lanes.map((lane) => newestSequence(eventLog, { lane, bounds: requests.get(lane) ?? nothing }, log)),
  );
  const events = await boundsOf(eventLog, deliveryEventsTopic.name);
  const tailOf = (lane: number, index: number): LaneInLog => ({
    newestSequence: newest[index],
    next: (requests.get(lane) ?? nothing).next,
    eventsNext: (events.get(lane) ?? nothing).next,
  });
  return new Map(lanes.map((lane, index) => [lane, tailOf(lane, index)]));
};

const laneBounds = async (eventLog: Reader, lane: number): Promise<LaneBounds> => {
  const events = (await boundsOf(eventLog, deliveryEventsTopic.name)).get(lane) ?? nothing;
  const requests = (await boundsOf(eventLog, sendRequestsTopic.name)).get(lane) ?? nothing;
  return { next: requests.next, eventsFirst: events.first, eventsNext: events.next };
};

const outcomesFrom = async function* (
  eventLog: Reader,
  at: { lane: number; from: number },
  log: Log,
): AsyncGenerator<OutcomeEvent> {
  const { eventsFirst, eventsNext } = await laneBounds(eventLog, at.lane);
  const range = {
    topic: deliveryEventsTopic.name,
    lane: at.lane,
    from: Math.max(at.from, eventsFirst),
    to: eventsNext,
  };
  for await (const stored of readRange(eventLog, range)) {
    const event = decodeOr(deliveryEventsTopic, stored, log);
    if (event?.type === 'OUTCOME') yield event;
  }
};

export const createRestoreLog = (eventLog: Reader & Pick<EventLog, 'publish' | 'lag'>, log: Log): RestoreLog => ({
  bounds: (lane) => laneBounds(eventLog, lane),
  isOpen: async (lane) => {
    const lags = await eventLog.lag(sendRequestsTopic.name, senderGroup);
    return lags.some(({ partition, position }) => partition === lane && position !== undefined);
  },
  requests: async function* (lane) {
    const { first, next } = (await boundsOf(eventLog, sendRequestsTopic.name)).get(lane) ?? nothing;
    yield* requestsIn(eventLog, { lane, from: first, to: next }, log);
  },
  outcomes: (lane, from) => outcomesFrom(eventLog, { lane, from }, log),
  produceRequest: (record) =>
    eventLog.publish(sendRequestsTopic.name, [
      { partition: record.lane, key: null, value: sendRequestsTopic.encode(record) },
    ]),
  produceEvent: (event) =>
    eventLog.publish(deliveryEventsTopic.name, [
      { partition: event.lane, key: null, value: deliveryEventsTopic.encode(event) },
    ]),
});

/** The newest record of each campaign. */
export const readCampaigns = async (eventLog: Pick<EventLog, 'follow'>, log: Log): Promise<CampaignRecord[]> => {
  const newest = new Map<string, CampaignRecord>();
  const follower = await eventLog.follow(campaignsTopic.name, (stored) => {
    const record = decodeOr(campaignsTopic, stored, log);
    const before = record && newest.get(record.id);
    if (record !== undefined && record.revision >= (before?.revision ?? 0)) newest.set(record.id, record);
  });
  await follower.caughtUp;
  await follower.close();
  return [...newest.values()];
};
