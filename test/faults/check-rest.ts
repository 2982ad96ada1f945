/** Nothing may be left lying about once every campaign has ended: no publication without an end, no lag, no counter that lies. */
import { recipientStates } from '@sendpool/contracts';
import { decodeLedger, recordState } from '../../apps/sender/src/domain/ledger.ts';
import { verdict, type Judge } from './checks.ts';
import type { LaneEnd } from './evidence.ts';
import type { Facts } from './facts.ts';

/** Sequences of a lane that have neither an outcome nor lie in a gap. */
const openSequences = ({ publications, events }: Facts, { lane, lastSequence }: LaneEnd): number[] => {
  const settled = new Uint8Array(lastSequence + 1);
  for (const { lane: own, sequence } of publications) if (own === lane) settled[sequence] = 1;
  for (const event of events) {
    if (event.lane !== lane || event.type === 'OUTCOME') continue;
    const [from, to] = event.type === 'GAP' ? [event.from, event.to] : [0, event.upTo];
    settled.fill(1, from, to + 1);
  }
  return [...settled.keys()].filter((sequence) => settled[sequence] === 0);
};

const startedIn = (ledger: string): number | undefined => {
  const read = decodeLedger(ledger);
  if (read === undefined) return undefined;
  return read.carried.length + read.states.filter((state) => state !== recordState.DONE).length;
};

const faultsOfLane = (facts: Facts, end: LaneEnd): string[] => {
  const open = openSequences(facts, end);
  const started = startedIn(end.requests.ledger);
  const behind = end.requests.end - end.requests.committed;
  const { events } = end;
  return [
    ...(open.length === 0 ? [] : [`${open.length} publications without an end, as ${open.slice(0, 3).join(', ')}`]),
    ...(started === undefined ? ['no ledger'] : []),
    ...(started === undefined || started === 0 ? [] : [`${started} records of the ledger are not done`]),
    ...(behind === 0 ? [] : [`the sender is ${behind} records behind`]),
    ...(events.scheduler === events.end ? [] : [`the scheduler has read ${events.scheduler} of ${events.end} events`]),
    ...(events.stats === events.end ? [] : [`stats has read ${events.stats} of ${events.end} events`]),
    ...(end.leaseMs > 0 ? [] : [`no scheduler has held it for ${-end.leaseMs} ms`]),
  ].map((what) => `lane ${end.lane}: ${what}`);
};

const countersAgainstRows = ({ run, people }: Facts): string[] => {
  const rows = new Map<string, number>();
  for (const { campaignId, state } of people)
    rows.set(`${campaignId} ${state}`, (rows.get(`${campaignId} ${state}`) ?? 0) + 1);
  return run.counters.flatMap(({ campaignId, counts }) =>
    recipientStates
      .filter((state) => counts[state] !== (rows.get(`${campaignId} ${state}`) ?? 0))
      .map(
        (state) =>
          `${campaignId}: the counter says ${counts[state]} ${state}, rows say ${rows.get(`${campaignId} ${state}`) ?? 0}`,
      ),
  );
};

export const judgeRest: Judge = (facts) => {
  const { lanes, counters } = facts.run;
  const broken = [...lanes.flatMap((end) => faultsOfLane(facts, end)), ...countersAgainstRows(facts)];
  const records = lanes.reduce((sum, { requests, events }) => sum + requests.end + events.end, 0);
  const empty = lanes.length === 0 || counters.length === 0 ? ['nothing was there to be looked at'] : [];
  return verdict('6 nothing is left', `${lanes.length} lanes, ${records} records`, [...broken, ...empty]);
};
