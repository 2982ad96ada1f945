/** Warm-up of a server: messages a day that grow, so that mailbox providers get to know a new address slowly. */
import { startOfDay, warmUpLimit, warmUpPlace, type WarmUp as WarmUpRecord } from '@sendpool/contracts';

export type WarmUp = {
  /** Start of its first day in UTC, milliseconds since 1970. */
  readonly startsAt: number;
  /** Days on which the plan stood still because of bounces. */
  readonly heldDays: number;
  /** Start of the day in UTC on which it was held last; null = never. */
  readonly heldOn: number | null;
  /** Messages a day, from the first day on; after the last one there is no limit. */
  readonly perDay: readonly number[];
  /** For single mailbox providers, beside the sum of all. */
  readonly providers: readonly { readonly provider: string; readonly perDay: readonly number[] }[];
};

export type WarmUpProgress = {
  /** Day of the plan that is today, 1 = the first; null before the first and after the last. */
  readonly day: number | null;
  /** Messages today: none before the first day; null after the last one: no limit. */
  readonly limitToday: number | null;
  readonly finished: boolean;
};

/** Where the plan is at `now`, milliseconds since 1970. */
export const progressOf = (plan: WarmUp, now: number): WarmUpProgress => {
  const place = warmUpPlace(plan, now);
  const finished = place >= plan.perDay.length;
  const day = place < 0 || finished ? null : place + 1;
  return { day, limitToday: warmUpLimit(plan.perDay, place), finished };
};

/** Messages to a mailbox provider on the day of `now`; null = no limit of the plan for it alone. */
export const providerLimitOf = (plan: WarmUp, provider: string, now: number): number | null => {
  const entry = plan.providers.find((one) => one.provider === provider);
  return entry === undefined ? null : warmUpLimit(entry.perDay, warmUpPlace(plan, now));
};

/** The plan held once more on the day of `now`, or why it is not. */
export const holdWarmUp = (plan: WarmUp | null, now: number): WarmUp | string => {
  if (plan === null) return 'The server has no warm-up.';
  if (progressOf(plan, now).day === null) return 'The warm-up of the server has not begun yet, or is over.';
  const today = startOfDay(now);
  if (plan.heldOn !== null && plan.heldOn >= today) return 'The warm-up was held on this day already.';
  return { ...plan, heldDays: plan.heldDays + 1, heldOn: today };
};

/** The plan as the senders see it on the topic. */
export const toWarmUpRecord = ({ startsAt, heldDays, perDay, providers }: WarmUp): WarmUpRecord => ({
  startsAt,
  heldDays,
  perDay: [...perDay],
  providers: providers.map((entry) => ({ provider: entry.provider, perDay: [...entry.perDay] })),
});
