/** What config declares for a server, and for it towards single mailbox providers, brought into one form. */
import {
  warmUpLimit,
  warmUpPlace,
  type ProviderLimits,
  type SendingServerConfig,
  type ServerLimits,
  type WarmUp,
} from '@sendpool/contracts';

/** `name` is the field of the limits that is the sharpest. */
export type RateLimit = { readonly name: string; readonly perSecond: number };

export type Declared = {
  readonly rate: RateLimit | null;
  readonly messagesPerDay: number | null;
  readonly warmUp: (Pick<WarmUp, 'startsAt' | 'heldDays'> & { readonly perDay: readonly number[] }) | null;
  /** Conversations at a time, over the whole cluster. For a server as a whole the connections see to it. */
  readonly maxConversations: number | null;
};

export const nothingDeclared: Declared = { rate: null, messagesPerDay: null, warmUp: null, maxConversations: null };

const spans = [
  ['messagesPerSecond', 1],
  ['messagesPerMinute', 60],
  ['messagesPerHour', 3600],
] as const;

/** Limits of a minute or an hour are spread evenly over it; the sharpest of all binds. */
const sharpestRate = (limits: Pick<ServerLimits, (typeof spans)[number][0]>): RateLimit | null => {
  let sharpest: RateLimit | null = null;
  for (const [name, seconds] of spans) {
    const limit = limits[name];
    if (limit !== null && (sharpest === null || limit / seconds < sharpest.perSecond))
      sharpest = { name, perSecond: limit / seconds };
  }
  return sharpest;
};

export const declaredFor = ({ limits, warmUp }: SendingServerConfig): Declared => ({
  rate: sharpestRate(limits),
  messagesPerDay: limits.messagesPerDay,
  warmUp,
  maxConversations: null,
});

const towards = (limits: ProviderLimits | undefined, warmUp: Declared['warmUp']): Declared =>
  limits === undefined
    ? { ...nothingDeclared, warmUp }
    : {
        rate: sharpestRate(limits),
        messagesPerDay: limits.messagesPerDay,
        warmUp,
        maxConversations: limits.maxConnections,
      };

/** By mailbox provider. */
export const declaredTowards = ({ limits, warmUp }: SendingServerConfig): Map<string, Declared> => {
  const plans = new Map(warmUp?.providers.map(({ provider, perDay }) => [provider, { ...warmUp, perDay }]));
  const caps = new Map(limits.providers.map((one) => [one.provider, one]));
  return new Map(
    [...new Set([...caps.keys(), ...plans.keys()])].map((provider) => [
      provider,
      towards(caps.get(provider), plans.get(provider) ?? null),
    ]),
  );
};

/** The sharper of quota and warm-up of the day of `now` (wall clock). */
export const quotaToday = (declared: Declared, now: number): { name: string; messages: number } | null => {
  const { messagesPerDay, warmUp } = declared;
  const warming = warmUp === null ? null : warmUpLimit(warmUp.perDay, warmUpPlace(warmUp, now));
  if (warming !== null && warming < (messagesPerDay ?? Infinity)) return { name: 'warmUp', messages: warming };
  return messagesPerDay === null ? null : { name: 'messagesPerDay', messages: messagesPerDay };
};
