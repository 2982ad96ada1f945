/** Check of the declared limits of a server. */
import { checkGiven, checkWhole } from './check-text.ts';
import {
  rateNames,
  type LimitsDraft,
  type ProviderLimits,
  type RateName,
  type Rates,
  type SendingLimits,
} from './limits.ts';
import { bad, good, type Checked, type Faults } from './result.ts';

const maxProviders = 50;

/** What the sender rolls domains up to: a word as in `gmail`, or a domain. */
export const checkProvider = (text: string): Checked<string> =>
  /^[a-z0-9.-]{1,100}$/.test(text)
    ? good(text)
    : bad('Give a mailbox provider as in `gmail`, `microsoft` or `web.de`: lower-case letters, digits, dots, hyphens.');

const checkPerSecond = (value: number): Checked<number> =>
  Number.isFinite(value) && value >= 0.001 && value <= 100_000
    ? good(value)
    : bad(`Give 0.001 to 100,000 messages per second, or null for no limit, not ${value}.`);

/** Largest number of messages in each span: 100,000 a second, and what fits an Int of GraphQL. */
const most = { messagesPerMinute: 6_000_000, messagesPerHour: 360_000_000, messagesPerDay: 2_000_000_000 } as const;

const checkRate = (name: RateName, value: number): Checked<number> =>
  name === 'messagesPerSecond' ? checkPerSecond(value) : checkWhole(value, [1, most[name]]);

type Path = readonly string[];

const takeRate = (faults: Faults, path: Path, [name, value]: [RateName, number | null]): number | null =>
  value === null ? null : faults.take([...path, name], checkRate(name, value), null);

const checkRates = (faults: Faults, path: Path, rates: Rates): Rates => ({
  messagesPerSecond: takeRate(faults, path, ['messagesPerSecond', rates.messagesPerSecond]),
  messagesPerMinute: takeRate(faults, path, ['messagesPerMinute', rates.messagesPerMinute]),
  messagesPerHour: takeRate(faults, path, ['messagesPerHour', rates.messagesPerHour]),
  messagesPerDay: takeRate(faults, path, ['messagesPerDay', rates.messagesPerDay]),
});

const wholeOrNull = (value: number | null, range: readonly [number, number]): Checked<number | null> =>
  value === null ? good(null) : checkWhole(value, range);

const limitsNothing = (provider: ProviderLimits): boolean =>
  provider.maxConnections === null && rateNames.every((name) => provider[name] === null);

const checkOne = (faults: Faults, path: Path, given: ProviderLimits): ProviderLimits => {
  if (limitsNothing(given)) faults.add(path, 'This says no limit. Give at least one, or leave the provider out.');
  return {
    provider: faults.take([...path, 'provider'], checkProvider(given.provider), ''),
    ...checkRates(faults, path, given),
    maxConnections: faults.take([...path, 'maxConnections'], wholeOrNull(given.maxConnections, [1, 1000]), null),
  };
};

/** Notes each entry whose provider an earlier one names; `path` leads to the list. */
export const checkEachOnce = (faults: Faults, path: Path, list: readonly { readonly provider: string }[]): void => {
  const seen = new Set<string>();
  for (const [at, { provider }] of list.entries()) {
    if (seen.has(provider)) faults.add([...path, `${at}`, 'provider'], 'Give each mailbox provider once.');
    seen.add(provider);
  }
};

const checkProviders = (faults: Faults, providers: readonly ProviderLimits[]): ProviderLimits[] => {
  const path = ['limits', 'providers'];
  if (providers.length > maxProviders) {
    faults.add(path, `Give limits for at most ${maxProviders} mailbox providers; these are ${providers.length}.`);
    return [];
  }
  checkEachOnce(faults, path, providers);
  return providers.map((provider, at) => checkOne(faults, [...path, `${at}`], provider));
};

const checkConnections = (count: number): Checked<number> => checkWhole(count, [1, 1000]);

/** The limits in their normal form; faults are noted below `limits`. */
export const checkLimits = (faults: Faults, limits: LimitsDraft): SendingLimits => ({
  maxConnections: faults.take(['limits', 'maxConnections'], checkGiven(limits.maxConnections, checkConnections), 1),
  messagesPerConnection: faults.take(
    ['limits', 'messagesPerConnection'],
    wholeOrNull(limits.messagesPerConnection, [1, 1_000_000]),
    null,
  ),
  ...checkRates(faults, ['limits'], limits),
  whenLimited: faults.take(['limits', 'whenLimited'], checkGiven(limits.whenLimited), 'WAIT'),
  providers: checkProviders(faults, limits.providers),
});
