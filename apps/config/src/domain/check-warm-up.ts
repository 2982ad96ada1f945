/** Check of a warm-up as people give it, and its expansion to a number of messages for each day. */
import { dayMs, startOfDay } from '@sendpool/contracts';
import { checkEachOnce, checkProvider } from './check-limits.ts';
import { checkWhole } from './check-text.ts';
import { bad, good, type Checked, type Faults } from './result.ts';
import type { WarmUp } from './warm-up.ts';

type WarmUpScheduleInput = {
  /** Day n: firstDay + (n - 1) x perDayMore. */
  readonly linear?: { readonly firstDay: number; readonly perDayMore: number; readonly days: number } | null;
  /** Day n: firstDay x factor^(n - 1), rounded. */
  readonly exponential?: { readonly firstDay: number; readonly factor: number; readonly days: number } | null;
  readonly table?: readonly number[] | null;
};

export type WarmUpInput = {
  /** Any moment of its first day in UTC; left out: today. */
  readonly startsAt?: Date | null;
  readonly schedule: WarmUpScheduleInput;
  readonly providers?: readonly { readonly provider: string; readonly perDay: readonly number[] }[] | null;
};

const maxDays = 90;
const mostPerDay = 10_000_000;
const maxProviders = 50;
const maxDistance = 366 * dayMs;

const daysOf = (count: number, messagesOn: (day: number) => number): number[] =>
  Array.from({ length: Number.isInteger(count) ? Math.max(0, Math.min(count, maxDays)) : 0 }, (_, at) =>
    messagesOn(at),
  );

/** The first fault of a list of days is enough: the others have the same cause. */
const faultOfDays = (perDay: readonly number[]): string | null => {
  if (perDay.length === 0 || perDay.length > maxDays)
    return `A warm-up has 1 to ${maxDays} days; these are ${perDay.length}.`;
  const at = perDay.findIndex((messages) => !checkWhole(messages, [1, mostPerDay]).ok);
  return at < 0
    ? null
    : `Day ${at + 1} would have ${perDay[at]} messages; each day has 1 to 10,000,000, whole numbers.`;
};

const expandLinear = (faults: Faults, linear: NonNullable<WarmUpScheduleInput['linear']>): number[] => {
  const path = ['warmUp', 'schedule', 'linear'];
  faults.take([...path, 'days'], checkWhole(linear.days, [1, maxDays]), 1);
  faults.take([...path, 'perDayMore'], checkWhole(linear.perDayMore, [0, mostPerDay]), 0);
  return daysOf(linear.days, (at) => linear.firstDay + at * linear.perDayMore);
};

const checkFactor = (factor: number): Checked<number> =>
  Number.isFinite(factor) && factor >= 1 && factor <= 10
    ? good(factor)
    : bad(`Give a factor of 1 to 10, not ${factor}.`);

const expandExponential = (faults: Faults, growth: NonNullable<WarmUpScheduleInput['exponential']>): number[] => {
  const path = ['warmUp', 'schedule', 'exponential'];
  faults.take([...path, 'days'], checkWhole(growth.days, [1, maxDays]), 1);
  faults.take([...path, 'factor'], checkFactor(growth.factor), 1);
  return daysOf(growth.days, (at) => Math.round(growth.firstDay * growth.factor ** at));
};

/** The days of the schedule; null when it has a fault. */
const expandSchedule = (faults: Faults, schedule: WarmUpScheduleInput): readonly number[] | null => {
  const { linear, exponential, table } = schedule;
  const path = ['warmUp', 'schedule'];
  const given = [linear, exponential, table].filter((form) => form !== undefined && form !== null);
  if (given.length !== 1) {
    faults.add(path, `Give one of linear, exponential and table; these are ${given.length}.`);
    return null;
  }
  const before = faults.errors.length;
  const perDay = linear ? expandLinear(faults, linear) : exponential ? expandExponential(faults, exponential) : table!;
  const fault = faults.errors.length === before ? faultOfDays(perDay) : null;
  if (fault !== null) faults.add(path, fault);
  return faults.errors.length === before ? perDay : null;
};

const checkStart = (faults: Faults, startsAt: Date | null | undefined, now: number): number => {
  const start = startsAt?.getTime() ?? now;
  if (Math.abs(start - now) > maxDistance)
    faults.add(['warmUp', 'startsAt'], 'Give a day that is at most a year away from today.');
  return startOfDay(start);
};

/**
 * A shorter plan would let the provider take the whole number of a day of a sudden; a longer one would go on, without being held, while
 * the server counts as warm; and more than the whole on a day is never reached.
 */
const faultBesideWhole = (perDay: readonly number[], whole: readonly number[]): string | null => {
  if (perDay.length !== whole.length)
    return `The schedule has ${whole.length} days and these are ${perDay.length}. Give one number for each day.`;
  const at = perDay.findIndex((messages, day) => messages > whole[day]!);
  return at < 0
    ? null
    : `Day ${at + 1} would have ${perDay[at]} messages, but the schedule has ${whole[at]} on it for all providers together.`;
};

type GivenProviders = NonNullable<WarmUpInput['providers']>;

/** `whole`: the days of the schedule; null when these have a fault. */
const checkProviders = (
  faults: Faults,
  providers: GivenProviders,
  whole: WarmUp['perDay'] | null,
): WarmUp['providers'] => {
  const path = ['warmUp', 'providers'];
  if (providers.length > maxProviders) {
    faults.add(path, `Give at most ${maxProviders} mailbox providers; these are ${providers.length}.`);
    return [];
  }
  checkEachOnce(faults, path, providers);
  return providers.map(({ provider, perDay }, at) => {
    const fault = faultOfDays(perDay) ?? (whole && faultBesideWhole(perDay, whole));
    if (fault !== null) faults.add([...path, `${at}`, 'perDay'], fault);
    return { provider: faults.take([...path, `${at}`, 'provider'], checkProvider(provider), ''), perDay: [...perDay] };
  });
};

/** The plan, day by day; faults are noted below `warmUp`. `now` in milliseconds since 1970. */
export const expandWarmUp = (faults: Faults, input: WarmUpInput, now: number): WarmUp => {
  const startsAt = checkStart(faults, input.startsAt, now);
  const perDay = expandSchedule(faults, input.schedule);
  const providers = checkProviders(faults, input.providers ?? [], perDay);
  return { startsAt, heldDays: 0, heldOn: null, perDay: [...(perDay ?? [])], providers };
};
