/** Rows of recipient and recipient_fact as the domain knows them. */
import { noFacts, type RecipientFacts, type RecipientRow } from '../domain/recipient.ts';
import { stateOf } from './states.ts';

export type StoredRecipient = {
  campaign: number;
  seq: number;
  state: number;
  lane: number;
  sequence: number;
  tries: number;
};

export type StoredFacts = {
  campaign: number;
  seq: number;
  due_at: number | null;
  deferred_at: number | null;
  unknowns: number;
  gaps: number;
  copy_accepted: boolean;
  server_hint: string | null;
  reply: string | null;
};

export const recipientColumns =
  'recipient.campaign, recipient.seq, recipient.state, recipient.lane, recipient.sequence, recipient.tries';

const factsOf = (row: StoredFacts): RecipientFacts => ({
  dueAt: row.due_at,
  deferredAt: row.deferred_at,
  unknowns: row.unknowns,
  gaps: row.gaps,
  copyAccepted: row.copy_accepted,
  serverHint: row.server_hint,
  reply: row.reply,
});

export type FactsByKey = ReadonlyMap<string, RecipientFacts>;

const keyOf = (row: { campaign: number; seq: number }): string => `${row.campaign}:${row.seq}`;

export const factsByKey = (rows: readonly StoredFacts[]): FactsByKey =>
  new Map(rows.map((row) => [keyOf(row), factsOf(row)]));

export const recipientOf = (row: StoredRecipient, facts: FactsByKey): RecipientRow => ({
  campaign: row.campaign,
  number: row.seq,
  state: stateOf(row.state),
  lane: row.lane,
  sequence: row.sequence,
  tries: row.tries,
  facts: (facts.size === 0 ? undefined : facts.get(keyOf(row))) ?? noFacts,
});
