/** The evidence put in order: each publication with what became of it, each recipient with everything that is known of it. */
import { isDefinite, type DeliveryEvent, type OutcomeEvent, type UnknownPolicy } from '@sendpool/contracts';
import type { ReceivedMail } from '@sendpool/testing';
import type { Evidence, RecipientEnd } from './evidence.ts';

/**
 * Its first definite outcome; else that it was not tried, by the word of the sender that had started it; else UNKNOWN, which is only the
 * word of one that came after. So the scheduler sees it, whatever the order is in which the words come.
 */
export type Publication = {
  readonly lane: number;
  readonly sequence: number;
  outcome: OutcomeEvent;
  /** It was reported UNKNOWN, though perhaps only for a time. */
  wasInDoubt: boolean;
};

export type Person = RecipientEnd & {
  readonly policy: UnknownPolicy;
  /** In the order in which they were given out. */
  readonly publications: Publication[];
  readonly copies: ReceivedMail[];
  readonly cuts: ReceivedMail[];
};

export type Facts = Evidence & {
  readonly people: readonly Person[];
  readonly publications: readonly Publication[];
  /** Mails of nobody in no campaign of the run. */
  readonly strangers: readonly ReceivedMail[];
  readonly serverNames: ReadonlyMap<string, string>;
};

const rankOf = ({ outcome }: OutcomeEvent): number => {
  if (isDefinite(outcome)) return 2;
  return outcome === 'UNKNOWN' ? 0 : 1;
};

const publicationsOf = (events: readonly DeliveryEvent[]): Publication[] => {
  const known = new Map<string, Publication>();
  for (const event of events) {
    if (event.type !== 'OUTCOME') continue;
    const { lane, sequence, outcome } = event;
    const publication = known.get(`${lane}:${sequence}`) ?? { lane, sequence, outcome: event, wasInDoubt: false };
    known.set(`${lane}:${sequence}`, publication);
    publication.wasInDoubt ||= outcome === 'UNKNOWN';
    if (rankOf(event) > rankOf(publication.outcome)) publication.outcome = event;
  }
  return [...known.values()].sort((a, b) => a.sequence - b.sequence);
};

const peopleOf = ({ run, recipients }: Evidence): Person[] => {
  const policies = new Map(run.campaigns.map(({ id, policy }) => [id, policy]));
  return recipients.map((end) => ({
    ...end,
    policy: policies.get(end.campaignId)!,
    publications: [],
    copies: [],
    cuts: [],
  }));
};

export const gatherFacts = (evidence: Evidence): Facts => {
  const people = peopleOf(evidence);
  const byNumber = new Map(people.map((person) => [`${person.campaignId}:${person.recipient}`, person]));
  const byAddress = new Map(people.map((person) => [`${person.campaignId}:${person.email}`, person]));
  const publications = publicationsOf(evidence.events);
  for (const publication of publications) {
    const { campaignId, recipient } = publication.outcome;
    byNumber.get(`${campaignId}:${recipient}`)?.publications.push(publication);
  }
  for (const mail of evidence.cuts) byAddress.get(`${mail.campaign}:${mail.to}`)?.cuts.push(mail);
  const strangers = evidence.mails.filter((mail) => {
    const person = byAddress.get(`${mail.campaign}:${mail.to}`);
    person?.copies.push(mail);
    return person === undefined;
  });
  const serverNames = new Map(evidence.run.servers.map(({ id, name }) => [id, name]));
  return { ...evidence, people, publications, strangers, serverNames };
};

export const endedAs = ({ publications }: Person, outcome: OutcomeEvent['outcome']): Publication[] =>
  publications.filter((publication) => publication.outcome.outcome === outcome);

/** Publications in doubt that were followed by another one: the recorded re-sends. */
export const resendsOf = ({ publications }: Person): number =>
  publications.filter((one) => one.wasInDoubt && one !== publications.at(-1)).length;

export const extraCopies = ({ copies }: Person): number => Math.max(0, copies.length - 1);
