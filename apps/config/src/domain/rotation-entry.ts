/** A verdict of stats as config keeps it: what was found, and whether it changed anything. */
import type { RotationVerdict } from '@sendpool/contracts';
import type { Pool } from './pool.ts';

export type RotationEntry = {
  /** Grows in the order in which the verdicts arrived. */
  readonly number: number;
  readonly verdict: Readonly<RotationVerdict>;
  readonly applied: boolean;
  /** In words; null when it was applied. */
  readonly whyNot: string | null;
};

/**
 * True when an EJECT is refused as `newest` was, the newest entry on the same server in the same pool: stats finds it again every few
 * minutes for as long as the server bounces too much.
 */
export const isSameRefusal = (entry: Omit<RotationEntry, 'number'>, newest: RotationEntry): boolean =>
  [entry, newest].every(({ verdict, applied }) => verdict.kind === 'EJECT' && !applied) &&
  entry.whyNot === newest.whyNot;

/** What a verdict comes to: the pool as it shall be, or why nothing changes in it. */
export type Settled = { readonly pool?: Pool; readonly whyNot: string | null };

export type SettleVerdict = {
  readonly verdict: RotationVerdict;
  /** Decides on the newest pool; its revision is set by the store. Undefined: there is no such pool. */
  decide(pool: Pool | undefined): Promise<Settled>;
};
