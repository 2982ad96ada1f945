/** Numbers of the delivery protocol that scheduler and sender must agree on (docs/architecture.md, "The way of a message"). */

/** Consumer group of the senders on send-requests; its committed metadata is the ledger of each lane. */
export const senderGroup = 'sendpool.sender';

export const defaultLanes = 12;

export const laneLimits = {
  /** Messages of a lane that are started and not done, at most: the doubt that a killed sender can leave. */
  started: 32,
  /** Records beyond the ledger's base, at most; 4,096 states fit well below Kafka's 4,096 characters of metadata. */
  window: 4096,
  /** Publications of one campaign in one lane that are not settled, at most: a quarter of the window. */
  campaignWindow: 1024,
  /** Recipients in a row that belong to the same lane. */
  block: 500,
  /** Send requests in one slice, at most. */
  slice: 500,
} as const;

const carriedPart = /:((?:[0-9a-z]+\.[0-9a-z]+(?:,|$))*)$/;

/**
 * Offset of the oldest started record that the base of a lane's ledger has passed, from the ledger's text; undefined when there is none, 0
 * when the text is no ledger. From there on the lane's log must stay: the next owner reads the record again. The senders own the text; only
 * its last part is known here.
 */
export const oldestCarried = (ledger: string): number | undefined => {
  const carried = carriedPart.exec(ledger)?.[1];
  if (carried === undefined) return 0;
  if (carried === '') return undefined;
  return Math.min(...carried.split(',').map((record) => Number.parseInt(record.split('.')[0]!, 36)));
};
