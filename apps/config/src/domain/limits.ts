/** Declared limits of a sending server: of the whole, and towards single mailbox providers. All hold for the whole cluster. */
import type { LimitMode } from '@sendpool/contracts';
import { kept } from './result.ts';

/** Messages in a span of time; null = no limit. A day is one of UTC. */
export type Rates = {
  readonly messagesPerSecond: number | null;
  readonly messagesPerMinute: number | null;
  readonly messagesPerHour: number | null;
  readonly messagesPerDay: number | null;
};

export type ProviderLimits = Rates & {
  /** `gmail`, `microsoft`, … as the sender rolls domains up. */
  readonly provider: string;
  readonly maxConnections: number | null;
};

export type SendingLimits = Rates & {
  readonly maxConnections: number;
  readonly messagesPerConnection: number | null;
  readonly whenLimited: LimitMode;
  readonly providers: readonly ProviderLimits[];
};

type Optional<T> = { readonly [Key in keyof T]?: T[Key] | null };

type ProviderLimitsInput = Optional<Rates> & {
  readonly provider: string;
  readonly maxConnections?: number | null;
};

/** What a server cannot be without may still be null here: that is refused. */
export type LimitsDraft = Omit<SendingLimits, 'maxConnections' | 'whenLimited'> & {
  readonly maxConnections: number | null;
  readonly whenLimited: LimitMode | null;
};

/** Fields left out keep their value, null removes a limit. `providers` is given as a whole. */
export type LimitsInput = Optional<Rates> & {
  readonly maxConnections?: number | null;
  readonly messagesPerConnection?: number | null;
  readonly whenLimited?: LimitMode | null;
  readonly providers?: readonly ProviderLimitsInput[] | null;
};

export const rateNames = ['messagesPerSecond', 'messagesPerMinute', 'messagesPerHour', 'messagesPerDay'] as const;
export type RateName = (typeof rateNames)[number];

/** How many seconds the span of a rate has. */
export const spanSeconds = {
  messagesPerSecond: 1,
  messagesPerMinute: 60,
  messagesPerHour: 3600,
  messagesPerDay: 86_400,
} as const satisfies Record<RateName, number>;

export const noRates: Rates = {
  messagesPerSecond: null,
  messagesPerMinute: null,
  messagesPerHour: null,
  messagesPerDay: null,
};

/** Limits of a server of which nothing is said: ten connections. */
export const defaultLimits: SendingLimits = {
  ...noRates,
  maxConnections: 10,
  messagesPerConnection: null,
  whenLimited: 'OVERFLOW',
  providers: [],
};

const mergeRates = (input: Optional<Rates>, stored: Rates): Rates => ({
  messagesPerSecond: kept(input.messagesPerSecond, stored.messagesPerSecond),
  messagesPerMinute: kept(input.messagesPerMinute, stored.messagesPerMinute),
  messagesPerHour: kept(input.messagesPerHour, stored.messagesPerHour),
  messagesPerDay: kept(input.messagesPerDay, stored.messagesPerDay),
});

const providerOf = (input: ProviderLimitsInput): ProviderLimits => ({
  provider: input.provider,
  ...mergeRates(input, noRates),
  maxConnections: input.maxConnections ?? null,
});

const mergeProviders = (
  input: readonly ProviderLimitsInput[] | null | undefined,
  stored: readonly ProviderLimits[],
): readonly ProviderLimits[] => (input === undefined ? stored : (input ?? []).map(providerOf));

/** The limits as they would be; nothing is checked yet. */
export const mergeLimits = (input: LimitsInput, stored: SendingLimits): LimitsDraft => ({
  maxConnections: kept(input.maxConnections, stored.maxConnections),
  messagesPerConnection: kept(input.messagesPerConnection, stored.messagesPerConnection),
  ...mergeRates(input, stored),
  whenLimited: kept(input.whenLimited, stored.whenLimited),
  providers: mergeProviders(input.providers, stored.providers),
});
