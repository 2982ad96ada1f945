/** Which delivery events a reader asks for: all parts that are given must fit. */
import type { Outcome, OutcomeEvent } from '@sendpool/contracts';
import { AppError } from '@sendpool/kernel';
import type { Matches } from './event-pager.ts';

export type EventFilter = {
  readonly campaignId?: string | null;
  readonly poolId?: string | null;
  readonly serverId?: string | null;
  readonly provider?: string | null;
  readonly outcomes?: readonly Outcome[] | null;
};

const names = ['campaignId', 'poolId', 'serverId', 'provider'] as const;

/** Throws AppError BAD_INPUT when nothing at all could fit. */
export const matchesOf = (filter: EventFilter): Matches => {
  const wanted = names.flatMap((name) => {
    const value = filter[name] ?? undefined;
    return value === undefined ? [] : [[name, value] as const];
  });
  const outcomes = filter.outcomes ?? undefined;
  if (outcomes?.length === 0) throw new AppError('BAD_INPUT', '`filter.outcomes` must name an outcome, or be left out');
  return (event: OutcomeEvent) =>
    (outcomes === undefined || outcomes.includes(event.outcome)) &&
    wanted.every(([name, value]) => event[name] === value);
};
