/** Doubt has to have a reason: a mail server that withheld its reply, or a sender that was killed or stood still for longer than its session. */
import { verdict, type Check, type Judge } from './checks.ts';
import type { Holding, Struck } from './evidence.ts';
import type { Facts, Person, Publication } from './facts.ts';

/** A lane that was held so shortly before a fault may still have had conversations in it. */
const drainMs = 15_000;

/** The log was away at this moment: a sender that is asked to end then cannot write down what it knows. */
const isLogAway = (at: number, { faults, run }: Facts): boolean =>
  faults.some(
    ({ kind, at: from, readyAt = Infinity, skipped }) =>
      kind === (run.log === 'KAFKA' ? 'broker' : 'postgres') &&
      skipped === undefined &&
      from - run.sessionMs <= at &&
      at <= readyAt + run.sessionMs,
  );

/** Faults that may leave doubt: the end of a sender without warning, and a pause in which others take its lanes over or a reply is not read in time. */
const leavesDoubt = ({ kind, fault, forMs, at, skipped }: Struck, facts: Facts): boolean => {
  if (skipped !== undefined || kind !== 'sender' || fault === 'ADD') return false;
  const { sessionMs, afterDotMs } = facts.run;
  if (fault === 'PAUSE') return forMs > Math.min(sessionMs, afterDotMs) / 2;
  return fault === 'KILL' || isLogAway(at, facts);
};

/** Lanes that the process held at `at` or shortly before. */
export const lanesHeld = (holdings: readonly Holding[], at: number): Set<number> => {
  const before = holdings.filter((holding) => holding.at <= at);
  const recent = before.filter((holding) => holding.at > at - drainMs);
  return new Set([...recent, ...before.slice(-recent.length - 1)].flatMap(({ lanes }) => lanes));
};

/** How often the lane lost a sender that held it. */
const lossesOf = (facts: Facts): Map<number, number> => {
  const losses = new Map<number, number>();
  for (const struck of facts.faults) {
    if (!leavesDoubt(struck, facts)) continue;
    for (const lane of lanesHeld(facts.holdings.get(struck.target) ?? [], struck.at))
      losses.set(lane, (losses.get(lane) ?? 0) + 1);
  }
  return losses;
};

/** Publications in doubt, apart from those whose conversation a mail server ended without a reply, on purpose. */
const doubtsOf = ({ publications, copies, cuts }: Person): Publication[] => {
  const doubts = publications.filter(({ outcome }) => outcome.outcome === 'UNKNOWN');
  let withheld = cuts.length + copies.filter(({ unanswered }) => unanswered === true).length;
  return doubts.filter(({ outcome }) => outcome.reason !== 'NO_REPLY' || withheld-- <= 0);
};

export const doubtsByLane = ({ people }: Facts): Map<number, Publication[]> => {
  const doubts = new Map<number, Publication[]>();
  for (const publication of people.flatMap(doubtsOf)) {
    const list = doubts.get(publication.lane);
    if (list === undefined) doubts.set(publication.lane, [publication]);
    else list.push(publication);
  }
  return doubts;
};

export const judgeDoubt: Judge = (facts): Check => {
  const losses = lossesOf(facts);
  const broken: string[] = [];
  let [all, worst] = [0, 0];
  for (const [lane, doubts] of doubtsByLane(facts)) {
    const lost = losses.get(lane) ?? 0;
    all += doubts.length;
    worst = Math.max(worst, lost === 0 ? doubts.length : Math.ceil(doubts.length / lost));
    if (doubts.length <= facts.run.startedPerLane * lost) continue;
    const reasons = [...new Set(doubts.map(({ outcome }) => outcome.reason))].join(', ');
    broken.push(`lane ${lane}: ${doubts.length} in doubt (${reasons}) for ${lost} lost senders`);
  }
  const senders = facts.faults.filter((struck) => leavesDoubt(struck, facts)).length;
  const lost = facts.events.filter(({ type }) => type === 'LOST').map(({ lane }) => `lane ${lane} lost its ledger`);
  return verdict(
    '9 doubt only where a sender was lost, 32 a lane at most',
    `${all} in doubt for ${senders} lost senders, at most ${worst} a lane and loss`,
    [...broken, ...lost],
  );
};
