/** Bugs to be found: each one is planted from outside, round what the product's code is given, never in the product's code. */
import type { DeliveryEvent } from '@sendpool/contracts';
import type { RestoreLaneDeps } from '../../apps/scheduler/src/domain/restore-lane.ts';
import type { LedgerEpoch, StoredRequest } from '../../apps/sender/src/domain/lane-keeper.ts';
import { decodeLedger, encodeLedger, recordState, type Ledger } from '../../apps/sender/src/domain/ledger.ts';
import type { CountStore } from '../../apps/stats/src/domain/count-events.ts';
import { emptyLane } from '../../apps/stats/src/domain/fold.ts';
import type { FakeEpoch } from './fake-consumer.ts';
import { commit, type Group } from './fake-log.ts';
import { call, sleep, type Life } from './world.ts';

type PublishEvents = (events: readonly DeliveryEvent[]) => Promise<void>;
type Produce = (lane: number, records: readonly string[]) => Promise<void>;

/** What a plant may put itself in front of. */
export type Plant = {
  readonly epoch?: (epoch: LedgerEpoch, at: { life: Life; group: Group }) => LedgerEpoch;
  readonly publishEvents?: (publish: PublishEvents, life: Life) => PublishEvents;
  readonly received?: (
    records: readonly StoredRequest[],
    lane: number,
    memory: Map<string, number>,
  ) => readonly StoredRequest[];
  readonly produce?: (produce: Produce, life: Life) => Produce;
  readonly countStore?: (store: CountStore) => CountStore;
  readonly restoreLane?: (deps: RestoreLaneDeps) => RestoreLaneDeps;
  readonly keepsLedgers?: boolean;
  readonly keepsPositions?: boolean;
  readonly isCareless?: boolean;
};

const changeLedgers = (epoch: LedgerEpoch, change: (ledger: Ledger, lane: number) => Ledger): LedgerEpoch => ({
  ...epoch,
  commit: (commits) =>
    epoch.commit(
      commits.map((one) => ({ ...one, metadata: encodeLedger(change(decodeLedger(one.metadata)!, one.partition)) })),
    ),
});

const withoutGaps =
  (publish: PublishEvents): PublishEvents =>
  (events) =>
    publish(events.filter(({ type }) => type !== 'GAP'));

/** The outcome follows its done bit. */
const doneBeforeOutcome: Plant = {
  publishEvents: (publish, life) => async (events) => {
    const publishLater = async (): Promise<void> => {
      await sleep(life, 12);
      await publish(events).catch(() => publishLater());
    };
    void publishLater();
  },
};

const withoutStarts = ({ states, ...ledger }: Ledger): Ledger => ({
  ...ledger,
  carried: [],
  states: states.map((state) => (state === recordState.STARTED ? recordState.FRESH : state)),
});

const noStartBit: Plant = { epoch: (epoch) => changeLedgers(epoch, withoutStarts) };

/** A commit without an answer, or refused, is sent again under whatever generation the group has by then. */
const commitUnderNewGeneration: Plant = {
  epoch: (epoch, { life, group }) => {
    const insist = async (commits: Parameters<LedgerEpoch['commit']>[0], tries: number): Promise<void> => {
      const memberId = [...group.members.keys()][0] ?? '';
      const { generation } = group;
      const answer = await call(life, () => commit(group, { generation, memberId }, commits)).catch(() => 'NO_ANSWER');
      if (answer === 'OK') return;
      if (tries === 0) throw new Error('given up');
      await sleep(life, 30);
      await insist(commits, tries - 1);
    };
    return {
      ...epoch,
      isAlive: () => true,
      commit: (commits) => epoch.commit(commits).catch(() => insist(commits, 20)),
    };
  },
};

/** A commit without an answer is sent again in the same generation, and the epoch goes on: the first one may still land behind others. */
const commitRepeated: Plant = {
  epoch: (epoch, { life, group }) => {
    const { generation, memberId } = epoch as FakeEpoch;
    let isFenced = false;
    const insist = async (commits: Parameters<LedgerEpoch['commit']>[0]): Promise<void> => {
      const answer = await call(life, () => commit(group, { generation, memberId }, commits)).catch(() => 'NO_ANSWER');
      if (answer === 'NO_ANSWER') return insist(commits);
      isFenced = answer !== 'OK';
      if (isFenced) throw new Error(answer);
    };
    return { ...epoch, isAlive: () => !isFenced && epoch.isAlive(), commit: insist };
  },
};

/** Every record gets a new sequence, so that none is ever dropped. */
const sequenceUnchecked: Plant = {
  received: (records, lane, memory) =>
    records.map((stored) => {
      const { request, offset } = stored;
      if (request?.type !== 'SEND') return stored;
      memory.set(`${lane}:${offset}`, request.sequence);
      return { ...stored, request: { ...request, sequence: offset } };
    }),
};

/** The next intent replaces the present one before its produce is acknowledged. Without the gap report, which heals it. */
const intentTooEarly: Plant = {
  publishEvents: withoutGaps,
  produce: (produce) => async (lane, records) => {
    void produce(lane, records).catch(() => undefined);
  },
};

const statsWithoutWatermark: Plant = {
  countStore: (store) => ({
    ...store,
    load: async (lanes) => (await store.load(lanes)).map(({ lane, next }) => ({ lane, next, state: emptyLane })),
  }),
};

const metadataOfNewest = (): Plant => {
  const newest = new Map<number, number>();
  return {
    received: (records, lane) => {
      for (const { request } of records) {
        if (request !== undefined) newest.set(lane, Math.max(newest.get(lane) ?? -1, request.sequence));
      }
      return records;
    },
    epoch: (epoch) =>
      changeLedgers(epoch, (ledger, lane) => ({
        ...ledger,
        lastSequence: Math.max(ledger.lastSequence, newest.get(lane) ?? -1),
      })),
  };
};

/** The conversation begins while the commit is on its way. */
const startBeforeAcknowledgement: Plant = {
  epoch: (epoch) => ({
    ...epoch,
    commit: async (commits) => {
      void epoch.commit(commits).catch(() => undefined);
    },
  }),
};

/** Half of the slice in one request and half in another, at once. Without the gap report, which heals it. */
const sliceAsTwoRequests: Plant = {
  publishEvents: withoutGaps,
  produce: (produce) => async (lane, records) => {
    const half = Math.ceil(records.length / 2);
    await Promise.all([produce(lane, records.slice(0, half)), produce(lane, records.slice(half))]);
  },
};

/** Made anew for each run, because some remember. */
export const plants: Readonly<Record<string, () => Plant>> = {
  'done before outcome': () => doneBeforeOutcome,
  'no start bit': () => noStartBit,
  'commit under a new generation': () => commitUnderNewGeneration,
  'commit repeated in its epoch': () => commitRepeated,
  'sequence unchecked': () => sequenceUnchecked,
  'intent too early': () => intentTooEarly,
  'stats without watermark': () => statsWithoutWatermark,
  'metadata of the newest': metadataOfNewest,
  'start before the acknowledgement': () => startBeforeAcknowledgement,
  'slice as two requests': () => sliceAsTwoRequests,
};
