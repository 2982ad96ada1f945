/** The invariants that every run must keep (numbers as in the matrix of faults), each with its figures. */
import { recipientStates, type OutcomeEvent, type RecipientState } from '@sendpool/contracts';
import type { CampaignWord } from './evidence.ts';
import { endedAs, extraCopies, resendsOf, type Facts, type Person } from './facts.ts';

export type Check = {
  readonly name: string;
  readonly holds: boolean;
  readonly detail: string;
  /** The first ones that break it. */
  readonly examples: readonly string[];
};

export type Judge = (facts: Facts) => Check;

const mostExamples = 5;

/** Holds when nothing breaks it. */
export const verdict = (name: string, detail: string, broken: readonly string[]): Check => ({
  name,
  holds: broken.length === 0,
  detail,
  examples: broken.slice(0, mostExamples),
});

const wordOf = ({ campaignId, recipient, email, state, copies, publications }: Person): string => {
  const ends = publications.map(({ sequence, outcome }) => `${sequence} ${outcome.outcome}`).join(', ');
  return `recipient ${recipient} of ${campaignId} (${email}): ${state}, ${copies.length} copies, publications [${ends}]`;
};

const words = (people: readonly Person[]): string[] => people.map(wordOf);

const finalStates: ReadonlySet<RecipientState> = new Set([
  'ACCEPTED',
  'BOUNCED',
  'EXPIRED',
  'SUPPRESSED',
  'UNKNOWN',
  'CANCELLED',
]);

const judgeEnd: Judge = ({ run }) => {
  const open = run.campaigns.filter(({ status }) => status !== 'FINISHED' && status !== 'CANCELLED');
  const seconds = ((run.ended - run.began) / 1000).toFixed(0);
  return verdict(
    '0 every campaign comes to its end',
    `${run.campaigns.length} campaigns after ${seconds} s`,
    open.map(({ id, status }) => `campaign ${id} is ${status}`),
  );
};

const judgeStates: Judge = ({ run, people }) => {
  const open = people.filter(({ state }) => !finalStates.has(state));
  const found = new Map<string, Set<string>>();
  for (const { campaignId, email } of people) found.set(campaignId, (found.get(campaignId) ?? new Set()).add(email));
  const wrong = run.campaigns.filter(({ id, size }) => (found.get(id)?.size ?? 0) !== size);
  return verdict('1 every recipient has one final state', `${people.length} recipients, ${open.length} of them open`, [
    ...words(open),
    ...wrong.map(({ id, size }) => `campaign ${id}: ${found.get(id)?.size ?? 0} recipients instead of ${size}`),
  ]);
};

const judgePhantoms: Judge = ({ people }) => {
  const accepted = people.filter(({ state }) => state === 'ACCEPTED');
  const lost = accepted.filter(({ copies }) => copies.length === 0);
  return verdict('2 what is ACCEPTED was received', `${accepted.length} accepted`, words(lost));
};

const allowedCopies = (person: Person): number => (person.policy === 'HOLD' ? 0 : resendsOf(person));

const judgeCopies: Judge = ({ people }) => {
  const doubled = people.filter((person) => extraCopies(person) > 0);
  const wrong = doubled.filter((person) => extraCopies(person) > allowedCopies(person));
  const extra = people.reduce((sum, person) => sum + extraCopies(person), 0);
  const resends = people.reduce((sum, person) => sum + allowedCopies(person), 0);
  return verdict('3 no copy but of what was re-sent', `${extra} extra copies for ${resends} re-sends`, words(wrong));
};

const judgeReceived: Judge = ({ people, strangers }) => {
  const received = people.filter(({ copies, state }) => copies.length > 0 && state !== 'ACCEPTED');
  const wrong = received.filter(({ publications }) => !publications.some(({ wasInDoubt }) => wasInDoubt));
  return verdict(
    '4 what was received is ACCEPTED or was UNKNOWN',
    `${received.length} received and not accepted, ${strangers.length} mails of strangers`,
    [...words(wrong), ...strangers.map(({ to, campaign }) => `a mail to ${to} of ${campaign}`)],
  );
};

const countsBy = (facts: Facts, campaignId: string): Record<string, number> => {
  const counts: Record<string, number> = Object.fromEntries(recipientStates.map((state) => [state, 0]));
  for (const person of facts.people) if (person.campaignId === campaignId) counts[person.state]! += 1;
  return counts;
};

const acceptedIn = ({ publications }: Facts, campaignId: string, serverId: string): number =>
  publications.filter(
    ({ outcome }) =>
      outcome.outcome === 'ACCEPTED' && outcome.campaignId === campaignId && outcome.serverId === serverId,
  ).length;

const compareCampaign = (facts: Facts, word: CampaignWord): string[] => {
  const rows = countsBy(facts, word.id);
  const states = recipientStates.filter((state) => (word.progress[state] ?? rows[state]) !== rows[state]);
  const servers = facts.run.servers.filter(({ id }) => (word.acceptedBy[id] ?? 0) !== acceptedIn(facts, word.id, id));
  return [
    ...states.map((state) => `${word.id}: the API says ${word.progress[state]} ${state}, rows say ${rows[state]}`),
    ...servers.map(
      ({ id, name }) =>
        `${word.id} at ${name}: statistics say ${word.acceptedBy[id] ?? 0} accepted, the log ${acceptedIn(facts, word.id, id)}`,
    ),
  ];
};

const judgeNumbers: Judge = (facts) => {
  const { recount, campaigns } = facts.run;
  const differences = campaigns.flatMap((word) => compareCampaign(facts, word));
  return verdict('5 statistics, a recount of the log, and the states are equal', recount.said, [
    ...(recount.isEqual ? [] : [recount.said]),
    ...differences,
  ]);
};

const isTry = ({ outcome }: OutcomeEvent): boolean => outcome !== 'RELEASED' && outcome !== 'CANCELLED';

const judgeTries: Judge = ({ people, run }) => {
  const wrong = people.filter(
    ({ tries, publications }) =>
      tries > run.mostTries || tries !== publications.filter(({ outcome }) => isTry(outcome)).length,
  );
  const most = people.reduce((max, { tries }) => Math.max(max, tries), 0);
  return verdict('7 tries are those of the log, and no more than allowed', `${most} at most`, words(wrong));
};

/** Each copy at a server is the one of an accepted publication there, or of one in doubt. */
const judgeServers: Judge = ({ people, run }) => {
  const broken: string[] = [];
  const figures = run.servers.map(({ id, name }) => {
    let [accepted, received, doubt] = [0, 0, 0];
    for (const person of people) {
      const copies = person.copies.filter(({ server }) => server === name).length;
      const taken = endedAs(person, 'ACCEPTED').filter(({ outcome }) => outcome.serverId === id).length;
      const inDoubt = endedAs(person, 'UNKNOWN').length;
      if (copies < taken || copies > taken + inDoubt) broken.push(`${name}: ${wordOf(person)}`);
      [accepted, received, doubt] = [accepted + taken, received + copies, doubt + copies - taken];
    }
    return `${name} ${received} received, ${accepted} accepted, ${doubt} in doubt`;
  });
  return verdict("8 each server's own count", figures.join('; '), broken);
};

export const judgesOfRecipients: readonly Judge[] = [
  judgeEnd,
  judgeStates,
  judgePhantoms,
  judgeCopies,
  judgeReceived,
  judgeNumbers,
  judgeTries,
  judgeServers,
];
