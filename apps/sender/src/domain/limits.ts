/**
 * The limits of one server in this process: declared rates, quotas, warm-up and conversations, as a whole and towards single mailbox
 * providers, and the slower pace after the server asked for it. For a server without any of them each question costs a look at two fields.
 */
import type { SendingServerConfig, ServerUsage } from '@sendpool/contracts';
import type { Clock } from '@sendpool/kernel';
import { declaredFor, declaredTowards } from './limits-declared.ts';
import {
  adjustMeter,
  createMeter,
  declare,
  hasQuota,
  holdBegin,
  holdChoice,
  isSpent,
  shareMeter,
  type Hold,
  type Meter,
} from './limits-meter.ts';
import { rateShare, type Share } from './pace.ts';
import { createThrottle, recover, slowDown, type Throttle } from './throttle.ts';
import { countEnd, restartUsage, tellUsage } from './usage.ts';

export type LimitsDeps = {
  clock: Clock;
  /** How long the count of stats is waited for after lanes were given or a quota was set. Milliseconds. */
  usageWaitMs: number;
  /** Messages that were let through and have not begun yet, to `provider` or to all. */
  pending(provider: string | null): number;
};

export type Limits = {
  readonly deps: LimitsDeps;
  share: Share;
  readonly whole: Meter;
  readonly providers: Map<string, Meter>;
  readonly throttle: Throttle;
  /** Messages wait for the server instead of passing it over. */
  isWaitedFor: boolean;
  /** Newest count of stats. */
  usage: ServerUsage | null;
  /** What held a message back last, and when (monotonic). */
  heldBy: string | null;
  heldAt: number;
};

export const createLimits = (deps: LimitsDeps, share: Share): Limits => ({
  deps,
  share,
  whole: createMeter(null, share, deps.usageWaitMs),
  providers: new Map(),
  throttle: createThrottle(),
  isWaitedFor: false,
  usage: null,
  heldBy: null,
  heldAt: -Infinity,
});

/** After a "slow down": the declared rate is cut; without one, the rate that the server was used to. */
const applyFactor = ({ whole, throttle: { factor, usual }, share }: Limits): void => {
  const own = rateShare(whole.declared.rate?.perSecond ?? null, share);
  adjustMeter(whole, factor === 1 ? own : factor * (own ?? usual));
};

const tellMeter = (meter: Meter, { day, countedUntil }: ServerUsage, messages: number): void => {
  if (hasQuota(meter.declared)) tellUsage(meter.usage, { day, countedUntil, messages });
};

/** What stats has counted for this server. */
export const applyUsage = (limits: Limits, usage: ServerUsage): void => {
  limits.usage = usage;
  tellMeter(limits.whole, usage, usage.attempted);
  for (const [provider, meter] of limits.providers) tellMeter(meter, usage, usage.byProvider[provider] ?? 0);
};

/** Limits towards this provider; most servers have none towards anybody. */
const meterTowards = (providers: Limits['providers'], provider: string): Meter | undefined =>
  providers.size === 0 ? undefined : providers.get(provider);

const meterFor = (limits: Limits, provider: string): Meter => {
  const known = limits.providers.get(provider);
  if (known !== undefined) return known;
  const created = createMeter(provider, limits.share, limits.deps.usageWaitMs);
  limits.providers.set(provider, created);
  return created;
};

/** Puts what config declares in force at once. Another rate for the whole server also ends a "slow down". */
export const applyDeclared = (limits: Limits, config: SendingServerConfig): void => {
  const { clock } = limits.deps;
  limits.isWaitedFor = config.limits.whenLimited === 'WAIT';
  if (declare(limits.whole, declaredFor(config), clock)) limits.throttle.factor = 1;
  const towards = declaredTowards(config);
  for (const provider of limits.providers.keys()) if (!towards.has(provider)) limits.providers.delete(provider);
  for (const [provider, declared] of towards) declare(meterFor(limits, provider), declared, clock);
  if (limits.usage !== null) applyUsage(limits, limits.usage);
};

const isSame = (one: Share, other: Share): boolean =>
  one.lanes === other.lanes &&
  one.owned.size === other.owned.size &&
  [...one.owned].every((lane) => other.owned.has(lane));

/**
 * The lanes that were assigned. With the same ones as before rates go on as they were; but others may have other lanes now, so what was sent
 * before must be counted by stats in any case.
 */
export const applyShare = (limits: Limits, share: Share): void => {
  const { clock } = limits.deps;
  const meters = [limits.whole, ...limits.providers.values()];
  for (const meter of meters) restartUsage(meter.usage, clock.now());
  if (isSame(limits.share, share)) return;
  limits.share = share;
  for (const meter of meters) shareMeter(meter, share, clock);
  if (limits.throttle.factor < 1) applyFactor(limits);
};

const note = (limits: Limits, hold: Hold): Hold => {
  limits.heldBy = hold.limit;
  limits.heldAt = limits.deps.clock.monotonic();
  return hold;
};

/** What a limit towards this provider alone holds back, whatever the server as a whole may do. */
export const holdTowards = (limits: Limits, provider: string): Hold | null => {
  const { providers, deps } = limits;
  const one = meterTowards(providers, provider);
  const hold = one === undefined ? null : holdChoice(one, deps.clock, () => deps.pending(provider));
  return hold && note(limits, hold);
};

/** What holds one more message to this provider back from being chosen for the server, or from its start bit when messages wait for it. */
export const holdOn = (limits: Limits, provider: string): Hold | null => {
  const { whole, deps } = limits;
  const hold = whole.isFree ? null : holdChoice(whole, deps.clock, () => deps.pending(null));
  return hold === null ? holdTowards(limits, provider) : note(limits, hold);
};

/** When `holdOn` ends. -Infinity: now. Infinity: when one that was let through has ended. */
export const choiceAt = (limits: Limits, provider: string): number => holdOn(limits, provider)?.until ?? -Infinity;

/** While messages have gathered, fewer are chosen than may begin. */
const gatheredStretch = 1.1;

/** A message was chosen, or gets its start bit. `isGathered`: more wait for a connection than is usual. */
export const letThrough = (limits: Limits, provider: string, isGathered: boolean): void => {
  const { whole, providers, deps } = limits;
  if (whole.isFree && providers.size === 0) return;
  const now = deps.clock.monotonic();
  const stretch = isGathered ? gatheredStretch : 1;
  whole.choices.take(now, stretch);
  providers.get(provider)?.choices.take(now, stretch);
};

/** When a conversation with this provider may begin; -Infinity: now, Infinity: when another one has ended. */
export const beginAt = ({ whole, providers, deps }: Limits, provider: string): number => {
  const one = meterTowards(providers, provider);
  if (whole.isFree && one === undefined) return -Infinity;
  const held = holdBegin(whole, deps.clock) ?? (one && holdBegin(one, deps.clock));
  return held?.until ?? -Infinity;
};

const beginAtMeter = (meter: Meter, now: number): void => {
  meter.begins.take(now);
  meter.running += 1;
};

/** A conversation begins, now (monotonic); `endConversation` must follow. */
export const beginConversation = (limits: Limits, provider: string, now: number): void => {
  limits.throttle.begins.add(now);
  beginAtMeter(limits.whole, now);
  const one = meterTowards(limits.providers, provider);
  if (one !== undefined) beginAtMeter(one, now);
};

/** A meter may be younger than the conversation that ends. */
const endAtMeter = (meter: Meter, reached: boolean, clock: Clock): void => {
  meter.running = Math.max(0, meter.running - 1);
  if (reached && hasQuota(meter.declared)) countEnd(meter.usage, clock.now());
};

/** `reached`: the server gave an outcome, or may have; such a message counts for the day. */
export const endConversation = (limits: Limits, provider: string, reached: boolean): void => {
  const { clock } = limits.deps;
  endAtMeter(limits.whole, reached, clock);
  const one = meterTowards(limits.providers, provider);
  if (one !== undefined) endAtMeter(one, reached, clock);
};

/** The server asks to go slower, and may have said for how long it wants to rest. */
export const throttleLimits = (limits: Limits, retryAfterMs = 0): void => {
  if (slowDown(limits.throttle, limits.deps.clock.monotonic(), retryAfterMs)) applyFactor(limits);
};

/** Call it about once a second. */
export const recoverLimits = (limits: Limits): void => {
  if (recover(limits.throttle, limits.deps.clock.monotonic())) applyFactor(limits);
};

/** True when nothing more may go to this provider today. */
export const isSpentFor = ({ whole, providers, deps }: Limits, provider: string): boolean => {
  const now = deps.clock.now();
  const one = providers.get(provider);
  return isSpent(whole, now) || (one !== undefined && isSpent(one, now));
};

/** True when nothing more may go today, at all or to a provider. */
export const isAnySpent = ({ whole, providers, deps }: Limits): boolean => {
  const now = deps.clock.now();
  if (isSpent(whole, now)) return true;
  for (const meter of providers.values()) if (isSpent(meter, now)) return true;
  return false;
};

/** A message was held back within this time. */
const recentMs = 1500;

/** The declared limit that holds messages back now, as in `messagesPerDay` or `gmail messagesPerHour`; null = none. */
export const limitedBy = (limits: Limits): string | null =>
  limits.deps.clock.monotonic() - limits.heldAt < recentMs ? limits.heldBy : null;
