/** When a campaign that sends is FINISHED. */

export type CampaignStanding = {
  readonly pending: number;
  readonly inFlight: number;
  readonly deferred: number;
  /** Recipients that wait for their time, UNKNOWN ones under RESEND among them. */
  readonly due: number;
  /** When a recipient became UNKNOWN last, milliseconds since 1970; null when none did. */
  readonly unknownAt: number | null;
};

/**
 * Nothing waits, nothing is in flight, and the newest doubt is older than the grace: a conversation that outlived its sender has reported
 * by then, so that a definite outcome still finds the campaign running.
 */
export const isFinished = (standing: CampaignStanding, now: number, graceMs: number): boolean =>
  standing.pending + standing.inFlight + standing.deferred + standing.due === 0 &&
  (standing.unknownAt === null || standing.unknownAt <= now - graceMs);
