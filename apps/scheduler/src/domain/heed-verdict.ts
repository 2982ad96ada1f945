/** Stats has found that a list, not a server, is to blame for the bounces: the campaigns that send it are paused, once. */
import type { RotationVerdict } from '@sendpool/contracts';

export type VerdictStore = {
  /**
   * Pauses those of the campaigns that send or are being prepared, with the finding in words, and remembers the verdict, in one
   * transaction. Resolves to the ids of the paused ones; to none when the verdict was heeded before.
   */
  pauseOnce(verdict: Pick<RotationVerdict, 'id' | 'campaignIds' | 'words'>): Promise<string[]>;
};

export type HeedVerdictDeps = {
  readonly store: VerdictStore;
  /** Campaigns have new revisions. */
  changed(): void;
  /** Told of campaigns that were paused. */
  onPaused(campaignIds: readonly string[], verdict: RotationVerdict): void;
};

export type HeedVerdict = (verdict: RotationVerdict) => Promise<void>;

/** Can be repeated with the same verdict: after a resume by hand it does nothing more. */
export const createHeedVerdict =
  (deps: HeedVerdictDeps): HeedVerdict =>
  async (verdict) => {
    if (verdict.kind !== 'BAD_LIST') return;
    const paused = await deps.store.pauseOnce(verdict);
    if (paused.length === 0) return;
    deps.changed();
    deps.onPaused(paused, verdict);
  };
