/** One set of limits at work: those of a server as a whole, or of a server towards one mailbox provider. */
import type { Clock } from '@sendpool/kernel';
import { nothingDeclared, quotaToday, type Declared } from './limits-declared.ts';
import { connectionShare, createPace, rateShare, type Pace, type Share } from './pace.ts';
import { createUsage, knownAt, leftOf, nextDay, restartUsage, type Usage } from './usage.ts';

export type Meter = {
  /** The mailbox provider that it is towards; null = the server as a whole. */
  readonly provider: string | null;
  declared: Declared;
  share: Share;
  /** Nothing to look at. */
  isFree: boolean;
  /** The rate of this process. */
  perSecond: number | null;
  /** Of the choices of this server, or of the start bits when messages wait for it. */
  readonly choices: Pace;
  /** Of the conversations: what was chosen while the server stood still does not go in one burst when it comes back. */
  readonly begins: Pace;
  readonly usage: Usage;
  /** Conversations at a time. */
  slots: number;
  running: number;
};

export const createMeter = (provider: string | null, share: Share, usageWaitMs: number): Meter => ({
  provider,
  declared: nothingDeclared,
  share,
  isFree: true,
  perSecond: null,
  choices: createPace(),
  begins: createPace(),
  usage: createUsage(usageWaitMs),
  slots: Infinity,
  running: 0,
});

export const hasQuota = ({ messagesPerDay, warmUp }: Declared): boolean => messagesPerDay !== null || warmUp !== null;

const settle = (meter: Meter): void => {
  const { declared, share } = meter;
  meter.slots = declared.maxConversations === null ? Infinity : connectionShare(declared.maxConversations, share);
  meter.isFree = meter.perSecond === null && !hasQuota(declared) && meter.slots === Infinity;
};

const restartRate = (meter: Meter, now: number): void => {
  meter.perSecond = rateShare(meter.declared.rate?.perSecond ?? null, meter.share);
  meter.choices.setRate(meter.perSecond, now);
  meter.begins.setRate(meter.perSecond, now);
};

/** A limit that did not change goes on as it was: an edit of a server must not let a burst through. True when the rate has changed. */
export const declare = (meter: Meter, declared: Declared, clock: Clock): boolean => {
  const before = meter.declared;
  meter.declared = declared;
  const isOtherRate = before.rate?.perSecond !== declared.rate?.perSecond;
  if (isOtherRate) restartRate(meter, clock.monotonic());
  if (!hasQuota(before)) restartUsage(meter.usage, clock.now());
  settle(meter);
  return isOtherRate;
};

/** Other lanes: the rate begins empty. */
export const shareMeter = (meter: Meter, share: Share, clock: Clock): void => {
  meter.share = share;
  restartRate(meter, clock.monotonic());
  settle(meter);
};

/** The rate for a time, as after a "slow down". */
export const adjustMeter = (meter: Meter, perSecond: number | null): void => {
  meter.perSecond = perSecond;
  meter.choices.adjustRate(perSecond);
  meter.begins.adjustRate(perSecond);
  settle(meter);
};

/**
 * What is held back: by which limit (null: by none that was declared), towards which mailbox provider (null: whoever it is for), until
 * when on the monotonic clock, and at which rate of this process when it is one.
 */
export type Hold = { limit: string | null; provider: string | null; until: number; perSecond: number | null };

/** Limits towards a mailbox provider are called after it, as in `gmail messagesPerDay`. */
const holdAt = (
  { provider }: Meter,
  name: string | null,
  { until, perSecond = null }: { until: number; perSecond?: number | null },
): Hold => ({ limit: name === null || provider === null ? name : `${provider} ${name}`, provider, until, perSecond });

const holdByQuota = (meter: Meter, clock: Clock, pending: number): Hold | null => {
  const now = clock.now();
  const quota = quotaToday(meter.declared, now);
  if (quota === null) return null;
  const left = leftOf(meter.usage, quota.messages, { share: meter.share, now, running: meter.running });
  if (left > pending) return null;
  if (left > 0) return holdAt(meter, quota.name, { until: Infinity });
  const known = knownAt(meter.usage);
  return holdAt(meter, quota.name, { until: clock.monotonic() + (now < known ? known : nextDay(now)) - now });
};

const holdByPace = (meter: Meter, pace: Pace, now: number): Hold | null => {
  const { declared, perSecond } = meter;
  return pace.nextAt <= now ? null : holdAt(meter, declared.rate?.name ?? null, { until: pace.nextAt, perSecond });
};

/** Messages on their way to a connection, for each that may run: a slot need not wait for the next one. */
const ahead = 2;

const holdBySlots = (meter: Meter, taken: number): Hold | null =>
  taken < meter.slots ? null : holdAt(meter, 'maxConnections', { until: Infinity });

/**
 * May one more message be chosen, or started? `pending` counts those that were before and have not begun; it is only called when it
 * matters. A hold until Infinity ends when one of these ends.
 */
export const holdChoice = (meter: Meter, clock: Clock, pending: () => number): Hold | null => {
  const held = holdByPace(meter, meter.choices, clock.monotonic());
  if (held !== null) return held;
  if (meter.slots === Infinity && !hasQuota(meter.declared)) return null;
  const count = pending();
  return holdByQuota(meter, clock, count) ?? holdBySlots(meter, (meter.running + count) / ahead);
};

/** May one more conversation begin? */
export const holdBegin = (meter: Meter, clock: Clock): Hold | null =>
  holdByPace(meter, meter.begins, clock.monotonic()) ??
  holdByQuota(meter, clock, 0) ??
  holdBySlots(meter, meter.running);

/** True when nothing more may begin today, and that is known. */
export const isSpent = (meter: Meter, now: number): boolean => {
  const quota = quotaToday(meter.declared, now);
  if (quota === null || now < knownAt(meter.usage)) return false;
  return leftOf(meter.usage, quota.messages, { share: meter.share, now, running: meter.running }) <= 0;
};
