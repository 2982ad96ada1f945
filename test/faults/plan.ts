/** What happens to a run: which process is struck when and how. Pure: the same seed gives the same plan. */
import { seededRandom } from '@sendpool/kernel';

export const processKinds = ['gateway', 'config', 'scheduler', 'sender', 'stats', 'broker', 'postgres'] as const;
export type ProcessKind = (typeof processKinds)[number];

/**
 * KILL: SIGKILL. TERM: SIGTERM. Both are started again by the launcher.
 * CRASH: `pg_ctl restart -m immediate`, that is SIGQUIT to PostgreSQL: it ends without writing anything down.
 * PAUSE: SIGSTOP for `forMs`, then SIGCONT: a zombie when that is longer than the session.
 * DOWN: SIGKILL, and started again only after `forMs`.
 * ADD and REMOVE: one process more, and a planned stop of it.
 */
const faultKinds = ['KILL', 'TERM', 'CRASH', 'PAUSE', 'DOWN', 'ADD', 'REMOVE'] as const;
type FaultKind = (typeof faultKinds)[number];

export type Fault = {
  /** Milliseconds after the first message was accepted. */
  readonly atMs: number;
  readonly fault: FaultKind;
  readonly kind: ProcessKind;
  /** Name of the process, as in `sender-2`. For ADD the one that is to come. */
  readonly target: string;
  /** 0: it does not last. */
  readonly forMs: number;
};

/** How many processes there are of each kind; a system without a broker has 0 of them. */
export type Fleet = Readonly<Record<ProcessKind, number>>;

export const scenarios = ['mixed', 'sigterm', 'sender-kills', 'zombies', 'broker-down', 'postgres-crashes'] as const;
export type Scenario = (typeof scenarios)[number];

export type PlanOptions = {
  readonly seed: number;
  readonly lengthMs: number;
  readonly scenario: Scenario;
  readonly fleet: Fleet;
  /** Only these kinds are struck. */
  readonly only: readonly ProcessKind[];
  /** Mean time between two faults. */
  readonly everyMs: number;
  /** A process that is silent for longer loses its lanes. */
  readonly sessionMs: number;
};

/** How often each kind is struck in the mix. */
const kindWeights: Readonly<Record<ProcessKind, number>> = {
  sender: 40,
  scheduler: 16,
  stats: 12,
  gateway: 8,
  config: 6,
  broker: 9,
  postgres: 9,
};

const serviceFaults = { KILL: 70, PAUSE: 18, TERM: 12 };
const faultWeights: Readonly<Record<ProcessKind, Partial<Record<FaultKind, number>>>> = {
  gateway: serviceFaults,
  config: serviceFaults,
  scheduler: serviceFaults,
  stats: serviceFaults,
  sender: { ...serviceFaults, ADD: 6, REMOVE: 6 },
  broker: { KILL: 50, TERM: 20, DOWN: 15, PAUSE: 15 },
  postgres: { CRASH: 75, DOWN: 15, PAUSE: 10 },
};

/** What everything else waits for: after its fault the system gets time to show that it goes on. */
const isShared = (kind: ProcessKind): boolean => kind === 'broker' || kind === 'postgres';
const recoveryMs = 8_000;
const sharedDownMs = [3_000, 15_000] as const;
const mostSendersAdded = 2;

type Dice = {
  between(low: number, high: number): number;
  pick<Item extends string>(weights: Readonly<Partial<Record<Item, number>>>): Item;
};

const createDice = (seed: number): Dice => {
  const random = seededRandom(seed);
  return {
    between: (low, high) => Math.round(low + random() * (high - low)),
    pick: <Item extends string>(weights: Readonly<Partial<Record<Item, number>>>): Item => {
      const entries = Object.entries(weights) as [Item, number][];
      let left = random() * entries.reduce((sum, [, weight]) => sum + weight, 0);
      for (const [item, weight] of entries) {
        left -= weight;
        if (left < 0) return item;
      }
      return entries.at(-1)![0];
    },
  };
};

/** Names as the launcher gives them. */
const namesOf = (kind: ProcessKind, count: number): string[] => {
  const word = kind === 'broker' ? 'kafka' : kind;
  return count === 1 ? [word] : Array.from({ length: count }, (_, index) => `${word}-${index + 1}`);
};

type Draft = { readonly options: PlanOptions; readonly dice: Dice; readonly names: Map<ProcessKind, string[]> };

const isStruck = ({ fleet, only }: PlanOptions, kind: ProcessKind): boolean => fleet[kind] > 0 && only.includes(kind);

/** Half of the pauses are shorter than the session, half outlast it. */
const pauseMs = ({ dice, options }: Draft): number =>
  dice.between(0, 1) === 0
    ? dice.between(300, options.sessionMs * 0.3)
    : dice.between(options.sessionMs * 1.2, options.sessionMs * 1.8);

const lengthOf = (draft: Draft, kind: ProcessKind, fault: FaultKind): number => {
  if (fault === 'DOWN') return draft.dice.between(...sharedDownMs);
  if (fault !== 'PAUSE') return 0;
  return isShared(kind) ? draft.dice.between(300, draft.options.sessionMs * 0.6) : pauseMs(draft);
};

/** More senders than at the start are few, and only those are taken away. */
const mayChange = ({ names, options }: Draft, fault: FaultKind): boolean => {
  const added = names.get('sender')!.length - options.fleet.sender;
  if (fault === 'ADD') return options.fleet.sender > 1 && added < mostSendersAdded;
  return fault !== 'REMOVE' || added > 0;
};

const faultFor = (draft: Draft, kind: ProcessKind): FaultKind => {
  const weights = Object.entries(faultWeights[kind]).filter(([fault]) => mayChange(draft, fault as FaultKind));
  return draft.dice.pick<FaultKind>(Object.fromEntries(weights));
};

const targetOf = (draft: Draft, kind: ProcessKind, fault: FaultKind): string => {
  const names = draft.names.get(kind)!;
  if (fault === 'ADD') {
    names.push(`${kind}-${names.length + 1}`);
    return names.at(-1)!;
  }
  if (fault === 'REMOVE') return names.pop()!;
  return names[draft.dice.between(0, names.length - 1)]!;
};

const mixedFault = (draft: Draft, atMs: number): Fault => {
  const weights = processKinds.filter((kind) => isStruck(draft.options, kind));
  const kind = draft.dice.pick<ProcessKind>(Object.fromEntries(weights.map((one) => [one, kindWeights[one]])));
  const fault = faultFor(draft, kind);
  return { atMs, fault, kind, target: targetOf(draft, kind, fault), forMs: lengthOf(draft, kind, fault) };
};

/** Every kind that may be struck in turn, so that a short run has each of them. */
const termFault = (draft: Draft, atMs: number, index: number): Fault => {
  const kinds = processKinds.filter((kind) => isStruck(draft.options, kind) && kind !== 'postgres');
  const kind = kinds[index % kinds.length]!;
  return { atMs, fault: 'TERM', kind, target: targetOf(draft, kind, 'TERM'), forMs: 0 };
};

const senderKill = (draft: Draft, atMs: number): Fault => ({
  atMs,
  fault: 'KILL',
  kind: 'sender',
  target: targetOf(draft, 'sender', 'KILL'),
  forMs: 0,
});

/** A sender that stands still until others have taken its lanes over, and then goes on. */
const zombie = (draft: Draft, atMs: number): Fault => ({
  atMs,
  fault: 'PAUSE',
  kind: 'sender',
  target: targetOf(draft, 'sender', 'PAUSE'),
  forMs: draft.options.sessionMs * 2,
});

const brokerDown = (_draft: Draft, atMs: number): Fault => ({
  atMs,
  fault: 'DOWN',
  kind: 'broker',
  target: 'kafka',
  forMs: 60_000,
});

const postgresCrash = (_draft: Draft, atMs: number): Fault => ({
  atMs,
  fault: 'CRASH',
  kind: 'postgres',
  target: 'postgres',
  forMs: 0,
});

type Maker = (draft: Draft, atMs: number, index: number) => Fault;
type Course = { readonly make: Maker; gapMs(draft: Draft, former: Fault): number };

/** A gap that varies from a fifth of the mean to almost twice the mean; longer after what everything waits for. */
const mixedGap = ({ dice, options }: Draft, { kind, forMs }: Fault): number =>
  dice.between(options.everyMs * 0.2, options.everyMs * 1.8) + (isShared(kind) ? forMs + recoveryMs : 0);

const courses: Readonly<Record<Scenario, Course>> = {
  mixed: { make: mixedFault, gapMs: mixedGap },
  sigterm: { make: termFault, gapMs: () => 10_000 },
  'sender-kills': { make: senderKill, gapMs: ({ options }) => options.sessionMs + 12_000 },
  zombies: { make: zombie, gapMs: (_draft, { forMs }) => forMs + 5_000 },
  'broker-down': { make: brokerDown, gapMs: (_draft, { forMs }) => forMs + 40_000 },
  'postgres-crashes': { make: postgresCrash, gapMs: () => 14_000 },
};

/** Time before the first fault, for messages to flow, and after the last one, for its effect to be seen. */
const settleMs = 4_000;

/** In the order of time. The last fault is over before `lengthMs`. */
export const makePlan = (options: PlanOptions): Fault[] => {
  const names = new Map(processKinds.map((kind) => [kind, namesOf(kind, options.fleet[kind])]));
  const draft = { options, dice: createDice(options.seed), names };
  const { make, gapMs } = courses[options.scenario];
  const faults: Fault[] = [];
  for (let atMs = settleMs; ;) {
    const fault = make(draft, atMs, faults.length);
    if (atMs + fault.forMs > options.lengthMs - settleMs) return faults;
    faults.push(fault);
    atMs += gapMs(draft, fault);
  }
};
