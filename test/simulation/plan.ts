/** What happens to a seed: which processes die or stop for a while, what people do to campaigns, and when there is no server. */
import type { CampaignStatus } from '@sendpool/contracts';
import { longGraceMs, sizes } from './system.ts';
import { createRandom, type Random } from './world.ts';

export const processKinds = ['scheduler', 'sender', 'stats'] as const;
export type ProcessKind = (typeof processKinds)[number];
export const replicas = 2;

export type Fault =
  | {
      readonly kind: 'KILL' | 'PAUSE';
      readonly at: number;
      readonly forMs: number;
      readonly process: ProcessKind;
      readonly index: number;
    }
  /** A planned stop: the process drains, leaves and exits; a new one starts a while later. */
  | {
      readonly kind: 'STOP';
      readonly at: number;
      readonly forMs: number;
      readonly process: ProcessKind;
      readonly index: number;
    }
  | { readonly kind: 'NO_SERVER'; readonly at: number; readonly forMs: number }
  | { readonly kind: 'LOSE_BATCH'; readonly at: number }
  | { readonly kind: 'ERASE_LEDGER'; readonly at: number; readonly lane: number }
  | { readonly kind: 'BACK_UP'; readonly at: number }
  /** Schedulers and stats go down, PostgreSQL comes back as it was at the backup; for `refusedMs` they run before `restore-lanes` does. */
  | { readonly kind: 'RESTORE_DATABASE'; readonly at: number; readonly forMs: number; readonly refusedMs: number }
  /** Everything goes down, and the event log comes back as it was at the backup. */
  | { readonly kind: 'RESTORE_LOG'; readonly at: number; readonly forMs: number };

export type Control = { readonly at: number; readonly campaign: number; readonly status: CampaignStatus };

export type Plan = {
  readonly graceMs: number;
  readonly faults: readonly Fault[];
  readonly controls: readonly Control[];
};

/** BASE: kills, pauses, people, the network. The others add one disaster: RESTORE takes the database back, LOG_LOST the log. CALM: planned stops, but no process and no request fails. */
export const profiles = ['BASE', 'LOSE_BATCH', 'ERASE_LEDGER', 'RESTORE', 'LOG_LOST', 'CALM'] as const;
export type Profile = (typeof profiles)[number];

const processFault = (random: Random): Fault => {
  const isSender = random.chance(0.5);
  const process = isSender ? 'sender' : processKinds[random.between(0, processKinds.length - 1)]!;
  return {
    kind: random.chance(0.55) ? 'KILL' : 'PAUSE',
    at: random.between(50, 1500),
    forMs: random.between(5, 800),
    process,
    index: random.between(0, replicas - 1),
  };
};

const controlsOf = (random: Random, campaign: number): Control[] => {
  const controls: Control[] = [];
  if (random.chance(0.5)) {
    let at = random.between(60, 900);
    for (let turns = random.between(1, 2); turns > 0; turns--) {
      controls.push({ at, campaign, status: 'PAUSED' });
      at += random.between(10, 400);
      controls.push({ at, campaign, status: 'SENDING' });
      at += random.between(10, 300);
    }
  }
  // An edit of the content: the same status under a new revision.
  if (random.chance(0.2)) controls.push({ at: random.between(60, 1200), campaign, status: 'SENDING' });
  if (random.chance(0.15)) controls.push({ at: random.between(100, 1500), campaign, status: 'CANCELLED' });
  return controls;
};

const plannedStop = (random: Random): Fault => ({
  kind: 'STOP',
  at: random.between(50, 900),
  forMs: random.between(20, 400),
  process: 'sender',
  index: random.between(0, replicas - 1),
});

const restoreOf = (random: Random, kind: 'RESTORE_DATABASE' | 'RESTORE_LOG'): Fault[] => {
  const backedUp = random.between(60, 900);
  const restore = { at: backedUp + random.between(20, 600), forMs: random.between(50, 300) };
  const refusedMs = random.chance(0.5) ? random.between(50, 400) : 0;
  return [
    { kind: 'BACK_UP', at: backedUp },
    kind === 'RESTORE_LOG' ? { kind, ...restore } : { kind, ...restore, refusedMs },
  ];
};

const disasterOf = (random: Random, profile: Profile): Fault[] => {
  switch (profile) {
    case 'LOSE_BATCH':
      return [{ kind: 'LOSE_BATCH', at: random.between(60, 900) }];
    case 'ERASE_LEDGER':
      return [{ kind: 'ERASE_LEDGER', at: random.between(150, 1200), lane: random.between(0, sizes.lanes - 1) }];
    case 'RESTORE':
      return restoreOf(random, 'RESTORE_DATABASE');
    case 'LOG_LOST':
      return restoreOf(random, 'RESTORE_LOG');
    case 'BASE':
    case 'CALM':
      return [];
  }
};

export const makePlan = (seed: number, profile: Profile): Plan => {
  const random = createRandom(seed * 31 + 5);
  const faults: Fault[] = [];
  const makeFault = profile === 'CALM' ? plannedStop : processFault;
  for (let count = profile === 'CALM' ? random.between(0, 2) : random.between(3, 6); count > 0; count--) {
    faults.push(makeFault(random));
  }
  if (random.chance(0.3))
    faults.push({ kind: 'NO_SERVER', at: random.between(50, 1200), forMs: random.between(50, 400) });
  faults.push(...disasterOf(random, profile));
  // Sometimes a sender that stood still reports after its message was sent again.
  const graceMs = random.chance(0.25) ? 200 : longGraceMs;
  return { graceMs, faults, controls: [...controlsOf(random, 1), ...controlsOf(random, 2)] };
};

export const lastOf = ({ faults, controls }: Plan): number =>
  Math.max(
    0,
    ...faults.map((fault) => fault.at + ('forMs' in fault ? fault.forMs : 0)),
    ...controls.map(({ at }) => at),
  );
