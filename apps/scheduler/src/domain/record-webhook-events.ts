/** Writes down the messages of a batch of the log, in one transaction with the position up to which the log has been read: each event once for each webhook. */
import { AppError } from '@sendpool/kernel';
import type { RecipientKey } from './record-store.ts';
import {
  messagesFor,
  wantedKeys,
  type Addresses,
  type NewMessage,
  type Subscriber,
  type WebhookItem,
} from './webhook-messages.ts';

export type LogBounds = { readonly partition: number; readonly first: number; readonly next: number };

type WebhookBatch = {
  readonly topic: string;
  readonly partition: number;
  /** Offset after the last record of the batch. */
  readonly next: number;
  readonly items: readonly WebhookItem[];
};

/** What is to be written down for the webhooks there are. */
type WebhookWork = {
  /** The recipients whose addresses `messages` needs. */
  readonly keys: readonly RecipientKey[];
  messages(addresses: Addresses): NewMessage[];
};

export type WebhookEventStore = {
  /**
   * Next offset to read in each of these partitions: never before the earliest place at which a webhook begins. Where the log ends before
   * what was read, it has been lost or made anew: everything that it holds is read.
   */
  positions(topic: string, bounds: readonly LogBounds[]): Promise<ReadonlyMap<number, number>>;
  /** One transaction: moves the position from `expected` to `next`, and stores what `decide` says. MOVED: the position was another, nothing was changed. */
  apply(
    batch: { topic: string; partition: number; expected: number; next: number },
    decide: (subscribers: readonly Subscriber[]) => WebhookWork,
  ): Promise<number | 'MOVED'>;
};

export type RecordWebhookEvents = {
  assigned(topic: string, bounds: readonly LogBounds[]): Promise<ReadonlyMap<number, number>>;
  /** Resolves with the number of messages once they are durable. Throws AppError CONFLICT when somebody else has come further. */
  record(batch: WebhookBatch): Promise<number>;
};

const workOf = (items: readonly WebhookItem[], subscribers: readonly Subscriber[], now: Date): WebhookWork => ({
  keys: wantedKeys(items, subscribers),
  messages: (addresses) => messagesFor(items, subscribers, { addresses, now }),
});

export const createRecordWebhookEvents = (deps: { store: WebhookEventStore; now(): Date }): RecordWebhookEvents => {
  const positions = new Map<string, Map<number, number>>();
  return {
    assigned: async (topic, bounds) => {
      const found = new Map(await deps.store.positions(topic, bounds));
      positions.set(topic, found);
      return found;
    },
    record: async ({ topic, partition, next, items }) => {
      const held = positions.get(topic);
      const expected = held?.get(partition);
      if (held === undefined || expected === undefined) throw new Error(`${topic} ${partition} was never assigned`);
      if (next <= expected) return 0;
      const unread = items.filter(({ offset }) => offset >= expected);
      const stored = await deps.store.apply({ topic, partition, expected, next }, (subscribers) =>
        workOf(unread, subscribers, deps.now()),
      );
      if (stored === 'MOVED') throw new AppError('CONFLICT', `${topic} ${partition} was read on by another process`);
      held.set(partition, next);
      return stored;
    },
  };
};
