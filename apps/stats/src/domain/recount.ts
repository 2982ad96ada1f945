/** The oracle: counts delivery events again from the start in the plainest way, to prove what the fold has kept. */
import { isDefinite, type DeliveryEvent, type OutcomeEvent } from '@sendpool/contracts';
import { contributions, type CountDelta } from './counts.ts';

const weight = (event: OutcomeEvent): number => {
  if (isDefinite(event.outcome)) return 2;
  return event.outcome === 'UNKNOWN' ? 1 : 0;
};

/** Deltas of all events, of any lanes, each publication by its first definite outcome, else its first UNKNOWN, else its first event. */
export const recount = (events: Iterable<DeliveryEvent>): CountDelta[] => {
  const deciding = new Map<string, OutcomeEvent>();
  for (const event of events) {
    if (event.type !== 'OUTCOME') continue;
    const publication = `${event.lane}:${event.sequence}`;
    const before = deciding.get(publication);
    if (before === undefined || weight(event) > weight(before)) deciding.set(publication, event);
  }
  return [...deciding.values()].flatMap(contributions);
};
