/** The counters of a campaign in a lane, as differences that move in the same transaction as the rows. */
import type { RecipientState } from '@sendpool/contracts';
import type { RecipientChange } from './recipient.ts';

export type CounterDelta = {
  readonly campaign: number;
  readonly lane: number;
  /** To be added to the number of recipients in each state. */
  readonly states: Partial<Record<RecipientState, number>>;
  readonly deferredThenAccepted: number;
  /** When a recipient became UNKNOWN, milliseconds since 1970: the newest one decides when the campaign is FINISHED. */
  readonly unknownAt: number | null;
  /** Recipients that a busy lane gave back: when above 0, the campaign's window in the lane is halved (`narrowedWindow`). */
  readonly busy: number;
};

type Draft = {
  states: Partial<Record<RecipientState, number>>;
  deferredThenAccepted: number;
  unknownAt: number | null;
};

const add = (draft: Draft, { before, after }: RecipientChange, now: number): void => {
  if (before.state === after.state) return;
  draft.states[before.state] = (draft.states[before.state] ?? 0) - 1;
  draft.states[after.state] = (draft.states[after.state] ?? 0) + 1;
  if (after.state === 'UNKNOWN') draft.unknownAt = now;
  if (after.state === 'ACCEPTED' && before.facts.deferredAt !== null) draft.deferredThenAccepted++;
};

/** What the changes add up to, by campaign and lane in ascending order. `busy` names those that came back from a busy lane. */
export const countChanges = (
  changes: readonly RecipientChange[],
  now: number,
  busy: (change: RecipientChange) => boolean = () => false,
): CounterDelta[] => {
  const drafts = new Map<string, CounterDelta & Draft & { busy: number }>();
  for (const change of changes) {
    const { campaign, lane } = change.after;
    const key = `${campaign}:${lane}`;
    let draft = drafts.get(key);
    if (draft === undefined) {
      draft = { campaign, lane, states: {}, deferredThenAccepted: 0, unknownAt: null, busy: 0 };
      drafts.set(key, draft);
    }
    add(draft, change, now);
    if (busy(change)) draft.busy++;
  }
  return [...drafts.values()].sort((a, b) => a.campaign - b.campaign || a.lane - b.lane);
};
