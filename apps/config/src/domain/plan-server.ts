/** A member of a pool as its plan sees it: what it may take in a second and on each day. */
import { dayMs, startOfDay } from '@sendpool/contracts';
import { noRates, rateNames, spanSeconds, type Rates, type SendingLimits } from './limits.ts';
import type { Cap, Capped, PlanServer } from './plan.ts';
import type { Pool, PoolMember } from './pool.ts';
import { effectiveLimits, type SendingServer } from './sending-server.ts';
import { weightNow } from './shares.ts';
import { progressOf, providerLimitOf, type WarmUp } from './warm-up.ts';

/** Messages a second that are assumed for each connection where no rate is declared: 100 ms a message, as relays on the internet take. */
export const assumedPerConnection = 10;

const least = (caps: readonly (Cap | null)[]): Cap | null =>
  caps.reduce((one, other) => (one === null || (other !== null && other.messages < one.messages) ? other : one), null);

/** The lowest of the rates below a day, in messages a second. */
const rateOf = (rates: Rates): Cap | null =>
  least(
    rateNames
      .filter((name) => name !== 'messagesPerDay')
      .map((name) => {
        const messages = rates[name];
        return messages === null ? null : { messages: messages / spanSeconds[name], limit: name };
      }),
  );

const quota = (messages: number | null, limit: string): Cap | null => (messages === null ? null : { messages, limit });

/** `warmUpOn`: messages that the warm-up allows on a day; null = it says nothing. */
const cappedOf = (rates: Rates, warmUpOn: (day: number) => number | null): Capped => ({
  rate: rateOf(rates),
  quotaOn: (day) => least([quota(rates.messagesPerDay, 'messagesPerDay'), quota(warmUpOn(day), 'warmUp')]),
});

const providersOf = (limits: SendingLimits, plan: WarmUp | null): ReadonlyMap<string, Capped> => {
  const names = new Set([...limits.providers, ...(plan?.providers ?? [])].map(({ provider }) => provider));
  return new Map(
    [...names].map((name) => {
      const rates = limits.providers.find(({ provider }) => provider === name) ?? noRates;
      return [name, cappedOf(rates, (day) => plan && providerLimitOf(plan, name, day))];
    }),
  );
};

export type PlanView = {
  readonly pool: Pool;
  readonly servers: ReadonlyMap<string, SendingServer>;
  /** In lower case; null: From any domain. */
  readonly fromDomain: string | null;
};

const planServerOf = (view: PlanView, member: PoolMember, server: SendingServer): PlanServer => {
  const limits = effectiveLimits(server);
  const { warmUp } = server;
  const own = cappedOf(limits, (day) => warmUp && progressOf(warmUp, day).limitToday);
  return {
    serverId: server.id,
    weight: weightNow(member, view.servers, view.fromDomain),
    ...own,
    assumedPerSecond: own.rate === null ? limits.maxConnections * assumedPerConnection : null,
    waits: limits.whenLimited === 'WAIT',
    waitsWhenBusy: view.pool.whenBusy === 'KEEP_WEIGHTS',
    providers: providersOf(limits, warmUp),
  };
};

/** Members without a server are left out. */
export const planServersOf = (view: PlanView): PlanServer[] =>
  view.pool.members.flatMap((member) => {
    const server = view.servers.get(member.serverId);
    return server === undefined ? [] : [planServerOf(view, member, server)];
  });

/** Length of a warm-up in days, with those that were held. */
const daysOf = ({ perDay, providers, heldDays }: WarmUp): number =>
  Math.max(perDay.length, ...providers.map((entry) => entry.perDay.length)) + heldDays;

/** The day from which on no warm-up changes anything, milliseconds since 1970. */
export const steadyFrom = (servers: Iterable<SendingServer>, now: number): number =>
  Math.max(
    startOfDay(now),
    ...[...servers].map(({ warmUp }) => (warmUp === null ? 0 : warmUp.startsAt + daysOf(warmUp) * dayMs)),
  );
