/** SendingServer as stats knows it: numbers over a window, minutes, and how it looks right now. A page of servers is one statement. */
import { sendingLimitOf } from '@sendpool/contracts';
import { loaderOf } from '@sendpool/graphql';
import { AppError } from '@sendpool/kernel';
import type { Counts } from '../../domain/counts.ts';
import type { ServerHealth } from '../../domain/server-health.ts';
import { bounceVerdict, sumCounts, summarise, summariseServer, type ProviderCounts } from '../../domain/summary.ts';
import { everyMinute, firstOfLast, windowStart, type MinuteCounts, type StatsWindow } from '../../domain/windows.ts';
import type { MinuteStats, SenderHealth, SendingServerResolvers, ServerStats } from './schema.generated.ts';

type ServerNumbers = {
  byServer(serverIds: readonly string[], since: number | undefined): Promise<Map<string, ProviderCounts[]>>;
  minutes(serverIds: readonly string[], since: number): Promise<Map<string, MinuteCounts[]>>;
};

export type ServerResolverDeps = {
  numbers: ServerNumbers;
  healthOf: (serverId: string) => ServerHealth;
  /** Bounce rate that the pools of the server allow, 0 to 1. */
  limitOf: (serverId: string) => number;
  /** Milliseconds since 1970. */
  now: () => number;
};

const maxMinutes = 1440;

export const serverStats = (window: StatsWindow, rows: readonly ProviderCounts[], limit: number): ServerStats => {
  const { bounces, ...summary } = summariseServer(rows);
  const verdict = bounceVerdict(sumCounts(rows.map(({ counts }) => counts)), limit);
  return {
    window,
    ...summary,
    bouncesByClass: bounces,
    bounceVerdict: verdict,
    exceedsBounceLimit: verdict.significant,
  };
};

const minuteStats = ({ at, counts }: { at: number; counts: Counts }): MinuteStats => {
  const { accepted, bounced, deferred, unknown } = summarise(counts);
  return { at: new Date(at), accepted, bounced, deferred, unknown };
};

const checkedMinutes = (last: number | null | undefined): number => {
  const minutes = last ?? 60;
  if (minutes >= 1 && minutes <= maxMinutes) return minutes;
  throw new AppError('BAD_INPUT', `\`last\` must be from 1 to ${maxMinutes}`);
};

/** As a sender names it, as in `messagesPerDay` or `gmail messagesPerDay`. */
const limitsSaid = (text: string | null): Pick<SenderHealth, 'limitedBy' | 'limitedProvider'> => {
  const [limit, provider] = text?.split(' ').toReversed() ?? [];
  const limitedBy = limit === undefined ? undefined : sendingLimitOf(limit);
  return { limitedBy: limitedBy ?? null, limitedProvider: provider ?? null };
};

const dateOf = (at: number | null): Date | null => (at === null ? null : new Date(at));

export const createServerResolvers = ({
  numbers,
  healthOf,
  limitOf,
  now,
}: ServerResolverDeps): SendingServerResolvers => ({
  stats: async ({ id }, { window }, context) => {
    const asked = window ?? 'LAST_HOUR';
    const loader = loaderOf(context, `stats ${asked}`, (ids: readonly string[]) =>
      numbers.byServer(ids, windowStart(asked, now())),
    );
    return serverStats(asked, (await loader.load(id)) ?? [], limitOf(id));
  },
  minutes: async ({ id }, { last }, context) => {
    const count = checkedMinutes(last);
    const loader = loaderOf(context, `minutes ${count}`, (ids: readonly string[]) =>
      numbers.minutes(ids, firstOfLast(count, now())),
    );
    return everyMinute((await loader.load(id)) ?? [], count, now()).map(minuteStats);
  },
  health: ({ id }) => {
    const health = healthOf(id);
    const senders = health.senders.map(({ source, at, breakerUntil, limitedBy, ...facts }) => ({
      ...facts,
      ...limitsSaid(limitedBy),
      senderId: source,
      at: new Date(at),
      breakerUntil: dateOf(breakerUntil),
    }));
    return { ...health, senders };
  },
});
