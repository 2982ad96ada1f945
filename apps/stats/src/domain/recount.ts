/** The oracle: counts delivery events again from the start in the plainest way, to prove what the fold has kept. */
import { isDefinite, type DeliveryEvent, type OutcomeEvent } from '@sendpool/contracts';
import { contributions, type CountDelta } from './counts.ts';

export type Recount = { add(event: DeliveryEvent): void; deltas(): CountDelta[] };

const weight = (event: OutcomeEvent): number => {
  if (isDefinite(event.outcome)) return 2;
  return event.outcome === 'UNKNOWN' ? 1 : 0;
};

/** Each publication counts by its first definite outcome, else its first UNKNOWN, else its first event. Remembers one event of each. */
export const createRecount = (): Recount => {
  const deciding = new Map<string, OutcomeEvent>();
  return {
    add: (event) => {
      if (event.type !== 'OUTCOME') return;
      const publication = `${event.lane}:${event.sequence}`;
      const before = deciding.get(publication);
      if (before === undefined || weight(event) > weight(before)) deciding.set(publication, event);
    },
    deltas: () => [...deciding.values()].flatMap(contributions),
  };
};

/** What all these events, of any lanes, add up to. */
export const recount = (events: Iterable<DeliveryEvent>): CountDelta[] => {
  const counting = createRecount();
  for (const event of events) counting.add(event);
  return counting.deltas();
};
