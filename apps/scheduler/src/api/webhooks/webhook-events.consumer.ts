/** Reads the log for webhooks, in a group of its own, as long as there is one that is enabled: without any it costs one small question in two seconds. */
import { deliveryEventsTopic, rotationVerdictsTopic } from '@sendpool/contracts';
import type { Consumer, Epoch, EventLog, RecordBatch, StoredRecord } from '@sendpool/event-log';
import { decodeOr, type Log } from '@sendpool/service';
import type { RecordWebhookEvents } from '../../domain/record-webhook-events.ts';
import type { LogPlace } from '../../domain/webhook.ts';
import type { WebhookItem } from '../../domain/webhook-messages.ts';
import { createLoop, type Loop } from '../events/loop.ts';

export type WebhookEventsDeps = {
  eventLog: Pick<EventLog, 'consume' | 'bounds'>;
  record: RecordWebhookEvents;
  /** True while some webhook is enabled. */
  isWanted(): Promise<boolean>;
  /** Told of messages that are due. */
  stored(messages: number): void;
  log: Log;
};

/** Consumer group of the schedulers on both topics. */
const webhooksGroup = 'sendpool.scheduler.webhooks';
/** Milliseconds; messages are better full than quick. */
const gatherMs = 500;
const maxBatch = 1000;
const lookMs = 2000;

type Source = { readonly topic: string; itemOf(record: StoredRecord, log: Log): WebhookItem | undefined };

const sources: readonly Source[] = [
  {
    topic: deliveryEventsTopic.name,
    itemOf: (record, log) => {
      const event = decodeOr(deliveryEventsTopic, record, log);
      return event?.type === 'OUTCOME' ? { kind: 'OUTCOME', offset: record.offset, event } : undefined;
    },
  },
  {
    topic: rotationVerdictsTopic.name,
    itemOf: (record, log) => {
      const verdict = decodeOr(rotationVerdictsTopic, record, log);
      return verdict === undefined ? undefined : { kind: 'VERDICT', offset: record.offset, verdict };
    },
  },
];

/** The present ends of all that is read here: a webhook that is made now begins there. */
export const endsOfLog = async (eventLog: Pick<EventLog, 'bounds'>): Promise<LogPlace[]> => {
  const places = sources.map(async ({ topic }) =>
    (await eventLog.bounds(topic)).map(({ partition, next }) => ({ topic, partition, offset: next })),
  );
  return (await Promise.all(places)).flat();
};

const assigned = async ({ eventLog, record }: WebhookEventsDeps, topic: string, { partitions }: Epoch) => {
  const bounds = (await eventLog.bounds(topic)).filter(({ partition }) => partitions.includes(partition));
  return record.assigned(topic, bounds);
};

const recordBatch = async (deps: WebhookEventsDeps, { topic, itemOf }: Source, batch: RecordBatch): Promise<void> => {
  const { partition, records } = batch;
  const items = records.flatMap((one) => itemOf(one, deps.log) ?? []);
  deps.stored(await deps.record.record({ topic, partition, next: records.at(-1)!.offset + 1, items }));
};

const consume = (deps: WebhookEventsDeps, source: Source): Promise<Consumer> =>
  deps.eventLog.consume({
    topic: source.topic,
    group: webhooksGroup,
    maxBatch,
    gatherMs,
    onAssigned: (epoch) => assigned(deps, source.topic, epoch),
    onBatch: (batch) => recordBatch(deps, source, batch),
    onRevoked: async () => undefined,
    onError: (error) => deps.log.warn({ error }, 'events could not be written down for webhooks and are read again'),
  });

/** Opens and closes the consumers as webhooks come and go; woken when one has come. */
export const consumeWebhookEvents = (deps: WebhookEventsDeps): Loop => {
  let open: Consumer[] = [];
  const close = async (): Promise<void> => {
    const closing = open;
    open = [];
    await Promise.all(closing.map((consumer) => consumer.close()));
  };
  const loop = createLoop({
    name: 'webhook events',
    log: deps.log,
    turn: async () => {
      const isWanted = await deps.isWanted();
      // One that could not be opened is tried again with the next turn.
      if (isWanted) for (const source of sources.slice(open.length)) open.push(await consume(deps, source));
      else await close();
      return lookMs;
    },
  });
  return {
    ...loop,
    stop: async (deadlineMs) => {
      await loop.stop?.(deadlineMs);
      await close();
    },
  };
};
