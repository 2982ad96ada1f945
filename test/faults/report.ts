/** The figures of a run as JSON and as a table. */
import { detail, table } from '../../apps/standalone/demo/print.ts';
import { doubtsByLane } from './check-doubt.ts';
import type { Check } from './checks.ts';
import type { Evidence } from './evidence.ts';
import { extraCopies, gatherFacts, resendsOf, type Facts, type Person } from './facts.ts';
import { measurePauses, slowestStop, slowestTakeOver, type Pause } from './measure.ts';

export type FaultReport = {
  readonly date: string;
  readonly commit: string;
  readonly seed: number;
  readonly scenario: string;
  readonly log: string;
  readonly policy: string;
  readonly plant: string | null;
  readonly seconds: number;
  readonly campaigns: number;
  readonly recipients: number;
  readonly messagesPerSecond: number;
  /** Ends without warning (SIGKILL, SIGQUIT) of each kind of process. */
  readonly kills: Readonly<Record<string, number>>;
  readonly killsInAll: number;
  readonly faultsInAll: number;
  readonly accepted: number;
  readonly bounced: number;
  readonly lost: number;
  /** Extra copies under HOLD and under RESEND. */
  readonly doubledHold: number;
  readonly doubledResend: number;
  readonly unknown: number;
  /** Of these, where a mail server withheld its reply on purpose. */
  readonly unknownByServers: number;
  /** Publications in doubt that were published anew. */
  readonly resent: number;
  readonly mostDoubtInLane: number;
  readonly takeOverMs: number | null;
  readonly stopMs: number | null;
  readonly pauses: readonly Pause[];
  readonly checks: readonly Check[];
};

const hasEnd = ({ state, copies }: Person): boolean => {
  if (state === 'PENDING' || state === 'IN_FLIGHT' || state === 'DEFERRED') return false;
  return state !== 'ACCEPTED' || copies.length > 0;
};

const killFaults = new Set(['KILL', 'DOWN', 'CRASH']);

const killsOf = ({ faults }: Facts): Record<string, number> => {
  const kills: Record<string, number> = {};
  for (const { kind, fault, skipped } of faults)
    if (killFaults.has(fault) && skipped === undefined) kills[kind] = (kills[kind] ?? 0) + 1;
  return kills;
};

const sum = <Item>(items: readonly Item[], valueOf: (item: Item) => number): number =>
  items.reduce((total, item) => total + valueOf(item), 0);

export const makeReport = (evidence: Evidence, checks: readonly Check[]): FaultReport => {
  const facts = gatherFacts(evidence);
  const { people, run, faults } = facts;
  const inState = (state: string): number => people.filter((person) => person.state === state).length;
  const kills = killsOf(facts);
  const seconds = (run.ended - run.began) / 1000;
  const doubts = [...doubtsByLane(facts).values()];
  const hold = people.filter(({ policy }) => policy === 'HOLD');
  const resend = people.filter(({ policy }) => policy === 'RESEND');
  const inDoubt = facts.publications.filter(({ outcome }) => outcome.outcome === 'UNKNOWN').length;
  return {
    date: new Date(run.began).toISOString().slice(0, 10),
    commit: run.commit,
    seed: run.seed,
    scenario: run.scenario,
    log: run.log,
    policy: run.policy,
    plant: run.plant,
    seconds,
    campaigns: run.campaigns.length,
    recipients: people.length,
    messagesPerSecond: facts.mails.length / seconds,
    kills,
    killsInAll: sum(Object.values(kills), (count) => count),
    faultsInAll: faults.filter(({ skipped }) => skipped === undefined).length,
    accepted: inState('ACCEPTED'),
    bounced: inState('BOUNCED'),
    lost: people.filter((person) => !hasEnd(person)).length,
    doubledHold: sum(hold, extraCopies),
    doubledResend: sum(resend, extraCopies),
    unknown: inState('UNKNOWN'),
    unknownByServers: inDoubt - sum(doubts, ({ length }) => length),
    resent: sum(resend, resendsOf),
    mostDoubtInLane: Math.max(0, ...doubts.map(({ length }) => length)),
    takeOverMs: slowestTakeOver(facts),
    stopMs: slowestStop(facts),
    pauses: measurePauses(facts),
    checks,
  };
};

const ms = (value: number | null): string => (value === null ? '-' : `${(value / 1000).toFixed(1)} s`);

export const printReport = (report: FaultReport): void => {
  const kills = Object.entries(report.kills).map(([kind, count]) => `${kind} ${count}`);
  detail(`${report.faultsInAll} faults, ${report.killsInAll} of them kills (${kills.join(', ')})`);
  detail(
    `${report.recipients} recipients in ${report.campaigns} campaigns, ${report.seconds.toFixed(0)} s, ${report.messagesPerSecond.toFixed(0)} mails/s`,
  );
  detail(
    `lost ${report.lost}; doubled ${report.doubledHold} under HOLD, ${report.doubledResend} under RESEND for ${report.resent} re-sends; ` +
      `UNKNOWN ${report.unknown} (publications whose reply a server withheld: ${report.unknownByServers})`,
  );
  detail(
    `slowest take-over of a killed sender's lane ${ms(report.takeOverMs)}, slowest planned stop ${ms(report.stopMs)}`,
  );
  table(
    ['fault', 'count', 'longest pause of delivery', 'delivery again after it was back'],
    report.pauses.map(({ what, count, longestGapMs, slowestResumeMs }) => [
      what,
      String(count),
      ms(longestGapMs),
      ms(slowestResumeMs),
    ]),
  );
};
