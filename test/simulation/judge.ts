/** The promises, checked once all faults are over and the system has come to rest. */
import type { OutcomeEvent, RecipientState } from '@sendpool/contracts';
import { isDefinite } from '@sendpool/contracts';
import type { RecipientRow } from '../../apps/scheduler/src/domain/recipient.ts';
import { sumDeltas, type CountDelta } from '../../apps/stats/src/domain/counts.ts';
import { recount } from '../../apps/stats/src/domain/recount.ts';
import { rowKey } from './fake-database.ts';
import { publicationOf } from './fake-smtp.ts';
import type { System } from './system.ts';
import { violate } from './world.ts';

const finalStates = new Set<RecipientState>(['ACCEPTED', 'BOUNCED', 'EXPIRED', 'CANCELLED', 'SUPPRESSED']);

/** UNKNOWN is final unless it will be sent again. */
export const isFinal = (system: System, row: RecipientRow): boolean => {
  if (finalStates.has(row.state)) return true;
  const campaign = system.database.campaigns.get(row.campaign)!;
  if (row.state !== 'UNKNOWN') return false;
  return campaign.status === 'CANCELLED' || row.facts.dueAt === null;
};

const outcomesOf = (system: System): OutcomeEvent[] =>
  system.events.partitions.flat().filter((event) => event.type === 'OUTCOME');

const nameOf = (row: RecipientRow): string => `r${rowKey(row.campaign, row.number)} ${row.state} ${publicationOf(row)}`;

const judgeRow = (system: System, row: RecipientRow, own: readonly OutcomeEvent[]): void => {
  const { world, smtp, database } = system;
  const campaign = database.campaigns.get(row.campaign)!;
  const copies = smtp.copies.get(rowKey(row.campaign, row.number)) ?? [];
  const wasAccepted = own.some(({ outcome }) => outcome === 'ACCEPTED');
  if (!isFinal(system, row)) violate(world, 'stuck', nameOf(row));
  if (row.state === 'ACCEPTED' && copies.length === 0) violate(world, 'accepted-without-copy', nameOf(row));
  if (row.state !== 'ACCEPTED' && wasAccepted) violate(world, 'accepted-event-ignored', nameOf(row));
  if (copies.length > 1 && campaign.unknownPolicy === 'HOLD')
    violate(world, 'double-under-hold', `${nameOf(row)} ${copies.join()}`);
  if (row.state === 'UNKNOWN') judgeUnknown(system, row, own);
};

/** Where each publication said one thing only: those that were tried are the tries. */
const judgeTries = (system: System, row: RecipientRow, own: readonly OutcomeEvent[]): void => {
  const outcomes = [...Map.groupBy(own, ({ sequence }) => sequence).values()].map(
    (events) => new Set(events.map(({ outcome }) => outcome)),
  );
  if (outcomes.some(({ size }) => size > 1)) return;
  const tries = outcomes.filter((said) => !said.has('RELEASED') && !said.has('CANCELLED')).length;
  if (tries !== row.tries)
    violate(system.world, 'tries-not-events', `${nameOf(row)}: ${row.tries} tries, ${tries} in the log`);
};

const judgeUnknown = (system: System, row: RecipientRow, own: readonly OutcomeEvent[]): void => {
  const { world, database, policy } = system;
  const campaign = database.campaigns.get(row.campaign)!;
  const present = own.filter(({ sequence }) => sequence === row.sequence);
  if (present.some(({ outcome }) => outcome !== 'UNKNOWN')) violate(world, 'unknown-though-known', nameOf(row));
  const isResent = campaign.unknownPolicy === 'RESEND' && campaign.status !== 'CANCELLED';
  if (isResent && row.facts.unknowns < policy.maxUnknowns) violate(world, 'lost-under-resend', nameOf(row));
};

/** A copy that was delivered is known as ACCEPTED or has been reported as UNKNOWN; nothing else may hide it. */
const judgeCopies = (system: System, outcomes: readonly OutcomeEvent[], inDoubt: boolean): void => {
  const known = new Set(
    outcomes.filter(({ outcome }) => outcome === 'ACCEPTED' || outcome === 'UNKNOWN').map(publicationOf),
  );
  for (const [key, copies] of system.smtp.copies) {
    for (const copy of copies)
      if (!known.has(copy) && !inDoubt) violate(system.world, 'copy-unreported', `r${key} ${copy}`);
  }
};

const judgeCounters = ({ world, database }: System): void => {
  const counted = new Map<string, number>();
  for (const row of database.rows.values()) {
    const key = `${row.campaign}:${row.lane} ${row.state}`;
    counted.set(key, (counted.get(key) ?? 0) + 1);
  }
  for (const [key, { states }] of database.campaignLanes) {
    for (const [state, value] of states) {
      const rows = counted.get(`${key} ${state}`) ?? 0;
      if (rows !== value) violate(world, 'counters-not-rows', `${key} ${state}: counter ${value}, rows ${rows}`);
    }
  }
};

const numbersOf = (deltas: readonly CountDelta[]): Map<string, number> => {
  const numbers = new Map<string, number>();
  for (const { campaignId, serverId, provider, minute, add } of sumDeltas(deltas, keyOf).values()) {
    for (const [counter, value] of Object.entries(add)) {
      if (value !== 0) numbers.set(`${campaignId} ${serverId} ${provider} ${minute} ${counter}`, value);
    }
  }
  return numbers;
};

const keyOf = ({ campaignId, serverId, provider, minute }: CountDelta): string =>
  [campaignId, serverId, provider, minute].join('|');

const total = (numbers: ReadonlyMap<string, number>, counter: string): number => {
  let sum = 0;
  for (const [key, value] of numbers) if (key.endsWith(` ${counter}`)) sum += value;
  return sum;
};

const judgeStats = (system: System, outcomes: readonly OutcomeEvent[], inDoubt: boolean): void => {
  const { world, smtp } = system;
  const kept = numbersOf(system.stats.deltas);
  const again = numbersOf(recount(outcomes));
  for (const key of system.hasLostEvents ? [] : new Set([...kept.keys(), ...again.keys()])) {
    if (kept.get(key) !== again.get(key))
      violate(world, 'stats-not-recount', `${key}: ${kept.get(key)}, recount ${again.get(key)}`);
  }
  const copies = [...smtp.copies.values()].flat().length;
  const [accepted, unknown] = [total(kept, 'accepted'), total(kept, 'unknown')];
  if (accepted > copies) violate(world, 'stats-more-than-sink', `${accepted} accepted, ${copies} copies`);
  if (accepted + unknown < copies && !inDoubt)
    violate(world, 'sink-more-than-stats', `${accepted} + ${unknown}, ${copies} copies`);
};

const judgeOutcomes = ({ world }: System, outcomes: readonly OutcomeEvent[]): void => {
  const definite = new Map<string, string>();
  for (const event of outcomes) {
    if (!isDefinite(event.outcome)) continue;
    const before = definite.get(publicationOf(event));
    if (before !== undefined && before !== event.outcome) violate(world, 'two-definite-outcomes', publicationOf(event));
    definite.set(publicationOf(event), event.outcome);
  }
};

/** `hasFaults` false: nothing failed, so every doubt must come from a reply that was lost. */
export const judge = (system: System, run: { cameToRest: boolean; hasFaults: boolean }): void => {
  const { world, database } = system;
  const outcomes = outcomesOf(system);
  const inDoubt = system.events.partitions.flat().some(({ type }) => type === 'LOST');
  const byRecipient = Map.groupBy(outcomes, ({ campaignId, recipient }) => `${campaignId.slice(1)}:${recipient}`);
  for (const [key, row] of database.rows) {
    judgeRow(system, row, byRecipient.get(key) ?? []);
    if (!inDoubt) judgeTries(system, row, byRecipient.get(key) ?? []);
  }
  if (!run.cameToRest)
    violate(world, 'never-at-rest', [...database.campaigns.values()].map(({ status }) => status).join());
  judgeCopies(system, outcomes, inDoubt);
  judgeCounters(system);
  judgeStats(system, outcomes, inDoubt);
  judgeOutcomes(system, outcomes);
  for (const event of run.hasFaults ? [] : outcomes) {
    const isDoubt = event.outcome === 'UNKNOWN' && !system.smtp.unanswered.has(publicationOf(event));
    if (isDoubt) violate(world, 'unknown-without-fault', publicationOf(event));
  }
};
