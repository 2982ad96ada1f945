/** What a pool will do with so many recipients, worked out before the start: messages for each server, limits that bind, time to the end. */
import { dayMs, startOfDay } from '@sendpool/contracts';
import { fillRates, type Filled, type Tap } from './fill-rates.ts';
import type { Steps } from './in-turns.ts';

/** A number of messages and the declared limit that it comes from, as in `messagesPerDay` or `warmUp`. */
export type Cap = { readonly messages: number; readonly limit: string };

/** What of a server, or of a server towards one mailbox provider, is limited. */
export type Capped = {
  /** Messages a second. */
  readonly rate: Cap | null;
  /** Messages on the UTC day that begins at `day`, milliseconds since 1970. */
  quotaOn(day: number): Cap | null;
};

export type PlanServer = Capped & {
  readonly serverId: string;
  /** The weight that counts now; 0: nothing may go through it. */
  readonly weight: number;
  /** Messages a second that are assumed where no rate is declared; null: one is. */
  readonly assumedPerSecond: number | null;
  /** Messages wait for it at its declared limits; else they overflow to the others. */
  readonly waits: boolean;
  /** The same while it is merely busy. */
  readonly waitsWhenBusy: boolean;
  /** By mailbox provider. */
  readonly providers: ReadonlyMap<string, Capped>;
};

export type PlanQuestion = {
  readonly servers: readonly PlanServer[];
  /** At least 1. */
  readonly recipients: number;
  /** Parts of the recipients by mailbox provider; the sum is 1. */
  readonly providers: readonly { readonly provider: string; readonly share: number }[];
  /** Milliseconds since 1970. */
  readonly now: number;
  /** From this day on, each day has the quotas of the one before. Milliseconds since 1970. */
  readonly steadyFrom: number;
};

export type Binding = { readonly serverId: string; readonly limit: string; readonly provider: string | null };

export type Plan = {
  /** Messages through each server, in their order; not rounded. */
  readonly messages: readonly number[];
  /** Messages a second of each server at the start. */
  readonly ratesAtStart: readonly number[];
  readonly limits: readonly Binding[];
  /** Null: it does not end, see `whyNever`. */
  readonly seconds: number | null;
  readonly whyNever: string | null;
};

type Run = {
  readonly question: PlanQuestion;
  /** Recipients that are left, by provider. */
  readonly left: number[];
  readonly given: number[];
  /** Messages of this day, by server and provider. */
  used: number[][];
  /** Null until the first rates are known. */
  ratesAtStart: readonly number[] | null;
  readonly limits: Map<string, Binding>;
  seconds: number;
  /** Units so far. */
  work: number;
};

const longestSeconds = 3650 * 86_400;
/** Units for one plan, see `fillRates`: about a third of a second. */
export const mostWork = 1.5e6;
/** Looks at quotas and what is left of them cost so much more than those of `fillRates`. Measured. */
const walkUnits = 6;
const crumb = 1e-6;

const total = (numbers: readonly number[]): number => numbers.reduce((sum, number) => sum + number, 0);

const dayOf = ({ question, seconds }: Run): number => startOfDay(Math.round(question.now + seconds * 1000));

const roomOf = (quota: Cap | null, used: number): number =>
  quota === null ? Infinity : quota.messages - used <= crumb ? 0 : quota.messages - used;

/** Messages that the server may still take today, and of these to each provider. */
const roomsOf = (run: Run, at: number): { own: number; parts: number[] } => {
  const { servers, providers } = run.question;
  const server = servers[at]!;
  const day = dayOf(run);
  const used = run.used[at]!;
  const parts = providers.map(({ provider }, part) =>
    roomOf(server.providers.get(provider)?.quotaOn(day) ?? null, used[part]!),
  );
  return { own: roomOf(server.quotaOn(day), total(used)), parts };
};

const tapOf = (run: Run, at: number): Tap => {
  const { servers, providers } = run.question;
  const server = servers[at]!;
  const { own, parts } = roomsOf(run, at);
  const rate = server.rate?.messages ?? server.assumedPerSecond ?? 0;
  return {
    weight: server.weight,
    cap: own === 0 ? 0 : rate,
    waits: server.rate === null && own > 0 ? server.waitsWhenBusy : server.waits,
    partCaps: providers.map(({ provider }, part) =>
      parts[part] === 0 ? 0 : (server.providers.get(provider)?.rate?.messages ?? Infinity),
    ),
    partsWait: server.waits,
  };
};

const note = (run: Run, at: number, part: number | null, limit: string | undefined): void => {
  if (limit === undefined) return;
  const { serverId } = run.question.servers[at]!;
  const provider = part === null ? null : run.question.providers[part]!.provider;
  run.limits.set(`${serverId} ${limit} ${provider ?? ''}`, { serverId, limit, provider });
};

const cappedOf = ({ question }: Run, at: number, part: number | null): Capped | undefined => {
  const server = question.servers[at]!;
  return part === null ? server : server.providers.get(question.providers[part]!.provider);
};

/** The rates that are reached now; what is used up for today was noted when it ran out. */
const noteRates = (run: Run, taps: readonly Tap[], { tight }: Filled): void => {
  for (const { tap, part } of tight) {
    const cap = part === null ? taps[tap]!.cap : taps[tap]!.partCaps[part]!;
    if (cap > 0) note(run, tap, part, cappedOf(run, tap, part)?.rate?.limit);
  }
};

const noteQuotas = (run: Run, day: number): void => {
  for (const [at, { weight }] of run.question.servers.entries()) {
    if (weight === 0) continue;
    const used = run.used[at]!;
    const check = (part: number | null, amount: number): void => {
      const quota = cappedOf(run, at, part)?.quotaOn(day) ?? null;
      if (roomOf(quota, amount) === 0) note(run, at, part, quota?.limit);
    };
    check(null, total(used));
    for (const [part, amount] of used.entries()) check(part, amount);
  }
};

const until = (room: number, rate: number): number => (rate > 0 ? room / rate : Infinity);

/** Seconds until the first thing runs out: the day, a quota, the recipients at a provider. */
const untilChange = (run: Run, rates: Filled['rates']): number => {
  const last = (dayOf(run) + dayMs - run.question.now) / 1000 - run.seconds;
  const rooms = rates.flatMap((row, at) => {
    const { own, parts } = roomsOf(run, at);
    return [until(own, total(row)), ...row.map((rate, part) => until(parts[part]!, rate))];
  });
  const ends = run.left.map((left, part) => until(left, total(rates.map((row) => row[part]!))));
  return Math.min(last, ...rooms, ...ends);
};

const advance = (run: Run, rates: Filled['rates'], seconds: number): void => {
  const day = dayOf(run);
  for (const [at, row] of rates.entries()) {
    run.given[at]! += total(row) * seconds;
    for (const [part, rate] of row.entries()) {
      run.used[at]![part]! += rate * seconds;
      run.left[part] = Math.max(0, run.left[part]! - rate * seconds);
      if (run.left[part] <= crumb) run.left[part] = 0;
    }
  }
  run.seconds += seconds;
  noteQuotas(run, day);
};

const noneUsed = ({ servers, providers }: PlanQuestion): number[][] => servers.map(() => providers.map(() => 0));

/** Whole days that are like the one that has just ended, taken at once. */
const repeatDay = (run: Run): void => {
  const byPart = run.left.map((_, part) => total(run.used.map((row) => row[part]!)));
  const times = run.left.map((left, part) => (left === 0 ? Infinity : byPart[part] === 0 ? 0 : left / byPart[part]!));
  const days = Math.floor(Math.min(...times)) - 1;
  if (days < 1 || !Number.isFinite(days)) return;
  for (const [at, row] of run.used.entries()) run.given[at]! += total(row) * days;
  for (const [part, amount] of byPart.entries()) if (run.left[part]! > 0) run.left[part]! -= amount * days;
  run.seconds += days * 86_400;
};

const endDay = (run: Run, wasWhole: boolean): void => {
  if (wasWhole && dayOf(run) > run.question.steadyFrom) repeatDay(run);
  run.used = noneUsed(run.question);
};

const fill = function* (run: Run): Steps<{ taps: readonly Tap[]; filled: Filled }> {
  const taps = run.question.servers.map((_, at) => tapOf(run, at));
  const parts = run.question.providers.map(({ share }, part) => (run.left[part]! > 0 ? share : 0));
  const filled = yield* fillRates(taps, parts);
  run.work += filled.work;
  return { taps, filled };
};

const walked = function* (run: Run): Steps<void> {
  const units = walkUnits * run.given.length * run.left.length;
  run.work += units;
  yield units;
};

/** Until something changes; `wholeDay` says that the day was followed from its beginning. */
const stepOn = function* (run: Run, wholeDay: boolean): Steps<boolean> {
  const { taps, filled } = yield* fill(run);
  run.ratesAtStart ??= filled.rates.map(total);
  noteRates(run, taps, filled);
  const day = dayOf(run);
  advance(run, filled.rates, untilChange(run, filled.rates));
  yield* walked(run);
  if (dayOf(run) === day) return wholeDay;
  endDay(run, wholeDay);
  return true;
};

const runOut = function* (run: Run): Steps<string | null> {
  let wholeDay = false;
  while (run.left.some((left) => left > 0)) {
    if (run.work >= mostWork) return 'There are too many limits to look so far ahead.';
    if (run.seconds > longestSeconds) return 'The daily limits would let it take more than ten years.';
    wholeDay = yield* stepOn(run, wholeDay);
  }
  return null;
};

/** Pure: nothing is asked and nothing is known of what was sent today already. */
export const planOf = function* (question: PlanQuestion): Steps<Plan> {
  const { servers, providers, recipients } = question;
  const left = providers.map(({ share }) => recipients * share);
  const given = servers.map(() => 0);
  const fresh = { limits: new Map(), seconds: 0, work: 0, ratesAtStart: null };
  const run: Run = { question, left, given, used: noneUsed(question), ...fresh };
  if (servers.every(({ weight }) => weight === 0)) {
    const whyNever =
      'No member of the pool can send: none is active, verified, rotated in and allowed for this domain.';
    return { messages: given, ratesAtStart: given, limits: [], seconds: null, whyNever };
  }
  const whyNever = yield* runOut(run);
  const seconds = whyNever === null ? run.seconds : null;
  const ratesAtStart = run.ratesAtStart ?? given;
  return { messages: run.given, ratesAtStart, limits: [...run.limits.values()], seconds, whyNever };
};
