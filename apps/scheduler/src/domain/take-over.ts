/** After a restore of the database: publications that the log knows and the database does not become the present ones of their recipients. */
import type { FenceRecord, OutcomeEvent, SendRequest, SendRequestRecord } from '@sendpool/contracts';
import type { RecipientRow } from './recipient.ts';

/** A publication as the log tells of it: by its record or by its outcome. */
export type Publication = Pick<
  SendRequest | OutcomeEvent,
  'lane' | 'sequence' | 'campaignId' | 'recipient' | 'tryNumber'
>;

/** Chooses the publications that a sender takes or has taken. Made anew for each reading of the lane. */
export type Reading = {
  /** Undefined: a re-publication, a fence, or known to the database already. */
  take(record: SendRequestRecord): Publication | undefined;
};

/**
 * The senders' rule: a record whose sequence is not greater than one before it is dropped. What was produced late is not taken over
 * either, because its outcome never comes.
 */
export const createReading = (known: number): Reading => {
  let received = -1;
  return {
    take: (record) => {
      if (record.sequence <= received) return undefined;
      received = record.sequence;
      return record.type === 'SEND' && record.sequence > known ? record : undefined;
    },
  };
};

export const isFence = (record: SendRequestRecord, sequence: number): record is FenceRecord =>
  record.type === 'FENCE' && record.sequence === sequence;

/** The newest publication of each recipient. */
export const newestOf = (publications: readonly Publication[]): Publication[] => {
  const newest = new Map<string, Publication>();
  for (const publication of publications) {
    const key = `${publication.campaignId}:${publication.recipient}`;
    if (publication.sequence > (newest.get(key)?.sequence ?? -1)) newest.set(key, publication);
  }
  return [...newest.values()];
};

/** Distance between two fences, far above what was given out in the meantime and never came into the log. */
export const fenceDistance = 1_000_000;

/** Above every sequence in `given` by more than `distance`; round, so that people know it when they see it. */
export const fenceAbove = (given: readonly number[], distance = fenceDistance): number =>
  (Math.floor(Math.max(0, ...given) / distance) + 2) * distance;

/** A recipient that was never published and waits for its first time. */
export const isFresh = (row: RecipientRow): boolean => row.state === 'PENDING' && row.sequence < 0;
