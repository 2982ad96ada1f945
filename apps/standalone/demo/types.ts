/** What the demo knows of its servers, phases, events and samples. */

/** A sending server of the demo with its share of refusals. */
export type DemoServer = {
  name: string;
  weight: number;
  role: string;
  fromDomain: string;
  username: string;
  password: string;
  /** Share of the recipients that it answers 451 at the first try, 0 to 1. */
  deferShare: number;
  /** Share of the recipients that it answers 550. */
  bounceShare: number;
};

export type PhaseName =
  'all servers' | 'smtp-primary down' | 'smtp-primary comes back' | 'all servers again' | 'smtp-backup inactive';

/** A span of the campaign in which the wanted shares stay the same. */
export type Phase = {
  name: PhaseName;
  /** Servers that the system itself has taken out for their bounces. */
  rotatedOut: readonly string[];
  from: number;
  to: number;
  shareWanted: Record<string, number> | null;
};

export type QueueSample = { at: number; queueDepth: Record<string, number> };

export type Progress = {
  total: number;
  pending: number;
  inFlight: number;
  accepted: number;
  deferred: number;
  bounced: number;
  unknown: number;
  expired: number;
  cancelled: number;
  deferredThenAccepted: number;
  done: number;
  waitingFor: string | null;
};

/** What happens once `share` of the recipients have an outcome. */
export type CampaignEvent = {
  share: number;
  says: string;
  /** The phase that begins with it, when the wanted shares change. */
  next?: PhaseName;
  act(progress: Progress): Promise<void>;
};

/** `holds` is null when it was not tried: the campaign was over before the step that it judges. */
export type DemoCheck = { name: string; holds: boolean | null; detail: string };
