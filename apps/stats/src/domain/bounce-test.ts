/** The two tests behind the judge: is a bounce rate surely above a limit, and is it surely worse than that of others. */

/** Messages that count for a bounce rate: accepted ones, and refusals of class HARD or BLOCK. */
export type Sends = { readonly sends: number; readonly bounced: number };

export const noSends: Sends = { sends: 0, bounced: 0 };

export const addSends = (a: Sends, b: Sends): Sends => ({ sends: a.sends + b.sends, bounced: a.bounced + b.bounced });

/** bounced / sends, 0 to 1; 0 before the first. */
export const rateOf = ({ sends, bounced }: Sends): number => (sends === 0 ? 0 : bounced / sends);

/** Lower end of the Wilson score interval (Wilson 1927) for a rate, `z` standard deviations wide to each side; 0 before the first send. */
export const lowerBound = ({ sends, bounced }: Sends, z: number): number => {
  if (sends === 0) return 0;
  const rate = bounced / sends;
  const spread = z * Math.sqrt((rate * (1 - rate)) / sends + (z * z) / (4 * sends * sends));
  return Math.max(0, (rate + (z * z) / (2 * sends) - spread) / (1 + (z * z) / sends));
};

/**
 * Smallest rate that can be measured over so many sends and has its lower bound above `limit`; 1 when none has.
 * The Wilson interval is the score test turned round, so the border is the limit plus z standard deviations of the limit itself.
 */
export const neededRate = (sends: number, limit: number, z: number): number => {
  if (sends === 0) return 1;
  const border = sends * (limit + z * Math.sqrt((limit * (1 - limit)) / sends));
  return Math.min(1, (Math.floor(border) + 1) / sends);
};

/** Two-proportion z with the pooled variance: how many standard deviations `own` is above `rest`; null when one of them is empty. */
export const zAgainst = (own: Sends, rest: Sends): number | null => {
  if (own.sends === 0 || rest.sends === 0) return null;
  const pooled = rateOf(addSends(own, rest));
  const deviation = Math.sqrt(pooled * (1 - pooled) * (1 / own.sends + 1 / rest.sends));
  return deviation === 0 ? 0 : (rateOf(own) - rateOf(rest)) / deviation;
};
