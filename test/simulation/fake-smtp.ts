/** The mail servers of the simulation: they accept, defer, bounce, refuse, answer late, and die after the final dot. */
import type { Outcome, SendRequest } from '@sendpool/contracts';
import { later, note, violate, type Life, type World } from './world.ts';

export type SmtpRates = {
  /** The server fails before the final dot. */
  readonly refused: number;
  readonly deferred: number;
  readonly bounced: number;
  /** No reply after the final dot. */
  readonly lostReply: number;
  readonly slow: number;
  readonly slowMs: number;
};

export type FakeSmtp = {
  readonly world: World;
  readonly rates: SmtpRates;
  /** Publications that were accepted, by recipient: `campaign:number` -> `lane:sequence`. */
  readonly copies: Map<string, string[]>;
  /** Publications whose reply was lost after the dot. */
  readonly unanswered: Set<string>;
};

export type Spoken =
  | { readonly kind: 'REPLY'; readonly outcome: Extract<Outcome, 'ACCEPTED' | 'DEFERRED' | 'BOUNCED'> }
  | { readonly kind: 'SERVER_FAILURE' }
  | { readonly kind: 'NO_REPLY' };

export const publicationOf = ({ lane, sequence }: { lane: number; sequence: number }): string => `${lane}:${sequence}`;

const verdict = ({ world, rates }: FakeSmtp): Extract<Outcome, 'ACCEPTED' | 'DEFERRED' | 'BOUNCED'> => {
  const chance = world.random.next();
  if (chance < rates.deferred) return 'DEFERRED';
  return chance < rates.deferred + rates.bounced ? 'BOUNCED' : 'ACCEPTED';
};

const keep = (smtp: FakeSmtp, request: SendRequest, key: string): void => {
  const copies = smtp.copies.get(key) ?? [];
  const publication = publicationOf(request);
  if (copies.includes(publication)) violate(smtp.world, 'same-sequence-twice', `r${key} ${publication}`);
  smtp.copies.set(key, [...copies, publication]);
};

/** One conversation of the process `life` about one message; `key` names the recipient. Ends with its process. */
export const speak = (smtp: FakeSmtp, life: Life, about: { request: SendRequest; key: string }): Promise<Spoken> => {
  const { world, rates } = smtp;
  const { random } = world;
  return new Promise((resolve) => {
    later(life, random.between(2, 15), () => {
      if (random.chance(rates.refused)) return resolve({ kind: 'SERVER_FAILURE' });
      const outcome = verdict(smtp);
      note(world, () => `${life.name} final dot of r${about.key} ${publicationOf(about.request)}: ${outcome}`);
      if (outcome === 'ACCEPTED') keep(smtp, about.request, about.key);
      const isUnanswered = random.chance(rates.lostReply);
      if (isUnanswered) smtp.unanswered.add(publicationOf(about.request));
      const replyMs = random.chance(rates.slow) ? rates.slowMs : random.between(2, 20);
      later(life, replyMs, () => resolve(isUnanswered ? { kind: 'NO_REPLY' } : { kind: 'REPLY', outcome }));
      return undefined;
    });
  });
};
