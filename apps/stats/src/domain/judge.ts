/** When a server's bounces are too many to go on. */

export type RotateOutRule = {
  /** Bounce rate that is still allowed, 0 to 1. */
  readonly maxBounceRate: number;
  /** Accepted and bounced messages, at least, before anything is said. */
  readonly minSends: number;
};

/** "Above 3 % over at least 100 sends", as schema.graphql says it. */
const literalRule: RotateOutRule = { maxBounceRate: 0.03, minSends: 100 };

/** bounced / (accepted + bounced), 0 to 1; null before the first. */
export const bounceRate = (accepted: number, bounced: number): number | null =>
  accepted + bounced === 0 ? null : bounced / (accepted + bounced);

export const isRotatedOut = (
  { accepted, bounced }: { accepted: number; bounced: number },
  rule: RotateOutRule = literalRule,
): boolean => accepted + bounced >= rule.minSends && bounced / (accepted + bounced) > rule.maxBounceRate;
