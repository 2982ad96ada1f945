/**
 * Starts whose commit got no answer. They never began here; but when the commit landed all the same, the ledger says that they did. Only
 * this process knows better, and only while the ledger still is the one that it wrote: the text names its generation, so nobody else
 * has started anything in the lane since.
 */
import type { Keeper, PendingStart } from './keeper-state.ts';
import type { LedgerCommit } from './lane-types.ts';
import { recordState, type Ledger } from './ledger.ts';

export type UnansweredStarts = Pick<LedgerCommit, 'offset' | 'metadata'> & { readonly starts: readonly number[] };

export const rememberUnanswered = (
  { unanswered }: Pick<Keeper, 'unanswered'>,
  commits: readonly LedgerCommit[],
  starting: ReadonlyMap<number, readonly PendingStart[]>,
): void => {
  for (const { partition, offset, metadata } of commits) {
    const starts = (starting.get(partition) ?? []).map(({ slot }) => slot.offset);
    unanswered.set(partition, { offset, metadata, starts });
  }
};

/** The ledger that was found, with what certainly never began as returned: it is released, and nobody has to doubt it. */
export const withoutFalseStarts = (
  { unanswered }: Pick<Keeper, 'unanswered'>,
  { partition, offset, metadata }: LedgerCommit,
  ledger: Ledger,
): Ledger => {
  const known = unanswered.get(partition);
  if (known?.offset !== offset || known.metadata !== metadata) {
    unanswered.delete(partition);
    return ledger;
  }
  const states = Uint8Array.from(ledger.states);
  for (const start of known.starts) states[start - offset] = recordState.RETURNED;
  return { ...ledger, states };
};
