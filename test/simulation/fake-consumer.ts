/** A member of a consumer group with the promises of the event-log port: epochs, a drain before it joins again, pause and resume. */
import { AppError } from '@sendpool/kernel';
import {
  commit,
  fetch,
  heartbeat,
  join,
  leave,
  sync,
  type FakeTopic,
  type Group,
  type GroupCommit,
  type Position,
} from './fake-log.ts';
import { ask, call, later, note, sleep, type Life } from './world.ts';

export type FakeEpoch = {
  readonly generation: number;
  readonly memberId: string;
  readonly partitions: readonly number[];
  isAlive(): boolean;
  committed(partition: number): Promise<Position | undefined>;
  commit(commits: readonly GroupCommit[]): Promise<void>;
  pause(partition: number): void;
  resume(partition: number): void;
};

type FakeBatch<Value> = {
  readonly partition: number;
  readonly offset: number;
  readonly values: readonly Value[];
};

export type ConsumerOptions<Value> = {
  readonly group: Group;
  readonly topic: FakeTopic<Value>;
  readonly maxBatch: number;
  onAssigned(epoch: FakeEpoch): Promise<ReadonlyMap<number, number>>;
  onBatch(batch: FakeBatch<Value>, epoch: FakeEpoch): Promise<void>;
  onRevoked(epoch: FakeEpoch, reason: 'REBALANCE' | 'CLOSING' | 'LOST'): Promise<void>;
};

/** Drains, leaves the group, and calls `closed`. */
export type FakeConsumer = { close(closed: () => void): void };

type Membership = {
  readonly life: Life;
  readonly group: Group;
  memberId: string | undefined;
  generation: number;
  closing: (() => void) | undefined;
};

type Session = {
  readonly epoch: FakeEpoch;
  readonly paused: Set<number>;
  readonly resumed: Map<number, () => void>;
  hasEnded: boolean;
  /** When the newest acknowledged heartbeat was sent. */
  leasedAt: number;
  mustRejoin: boolean;
};

const heartbeatMs = 60;
const fetchWaitMs = 150;

const ended = (): AppError => new AppError('EPOCH_ENDED', 'the epoch has ended');

const isSessionAlive = (session: Session, membership: Membership): boolean => {
  const { life, group } = membership;
  if (life.world.now - session.leasedAt > group.sessionMs / 2) session.hasEnded = true;
  return !session.hasEnded;
};

const commitIn = async (session: Session, membership: Membership, commits: readonly GroupCommit[]): Promise<void> => {
  const { life, group } = membership;
  const { generation, memberId } = session.epoch;
  if (!isSessionAlive(session, membership)) throw ended();
  const sentAt = life.world.now;
  const answer = await call(life, () => commit(group, { generation, memberId }, commits)).catch(
    () => 'NO_ANSWER' as const,
  );
  if (answer !== 'OK') {
    note(life.world, () => `${life.name} generation ${generation} commit ${answer}`);
    session.hasEnded = true;
    throw ended();
  }
  session.leasedAt = Math.max(session.leasedAt, sentAt);
  if (session.hasEnded) throw ended();
};

const retried = async <T>(life: Life, request: () => Promise<T>): Promise<T> => {
  for (;;) {
    try {
      return await request();
    } catch {
      await sleep(life, 10);
    }
  }
};

const openSession = (membership: Membership, partitions: readonly number[], joinedAt: number): Session => {
  const { life, group, generation } = membership;
  const session: Session = {
    paused: new Set(),
    resumed: new Map(),
    hasEnded: false,
    leasedAt: joinedAt,
    mustRejoin: false,
    epoch: {
      generation,
      memberId: membership.memberId!,
      partitions,
      isAlive: () => isSessionAlive(session, membership),
      committed: (partition) => retried(life, () => call(life, () => group.stored.get(partition))),
      commit: (commits) => commitIn(session, membership, commits),
      pause: (partition) => session.paused.add(partition),
      resume: (partition) => {
        session.paused.delete(partition);
        session.resumed.get(partition)?.();
      },
    },
  };
  return session;
};

const readPartition = async <Value>(
  session: Session,
  at: { life: Life; options: ConsumerOptions<Value> },
  from: { partition: number; offset: number },
): Promise<void> => {
  const { life, options } = at;
  const { partition } = from;
  let { offset } = from;
  while (!session.hasEnded && !session.mustRejoin) {
    if (session.paused.has(partition)) {
      await new Promise<void>((resolve) => {
        session.resumed.set(partition, resolve);
      });
      continue;
    }
    const request = { partition, offset, max: options.maxBatch, waitMs: fetchWaitMs };
    const values = await ask<Value[]>(life, (answer) => fetch(options.topic, request, answer), 400).catch(() => []);
    if (values.length === 0 || session.hasEnded) continue;
    try {
      await options.onBatch({ partition, offset, values }, session.epoch);
    } catch {
      session.hasEnded = true;
      return;
    }
    offset += values.length;
  }
};

/** Until the group wants to rebalance or the epoch has ended. */
const keepAlive = async (
  session: Session,
  membership: Membership,
): Promise<'REBALANCE' | 'CLOSING' | 'LOST' | 'GONE'> => {
  const { life, group, memberId, generation } = membership;
  while (!session.hasEnded) {
    await sleep(life, heartbeatMs);
    if (session.hasEnded) break;
    if (membership.closing !== undefined) return 'CLOSING';
    const sentAt = life.world.now;
    const answer = await call(life, () => heartbeat(group, generation, memberId!)).catch(() => 'NO_ANSWER' as const);
    if (answer === 'OK') session.leasedAt = Math.max(session.leasedAt, sentAt);
    if (answer === 'REBALANCE_IN_PROGRESS') return session.hasEnded ? 'LOST' : 'REBALANCE';
    if (answer === 'UNKNOWN_MEMBER_ID' || answer === 'ILLEGAL_GENERATION') return 'GONE';
    if (life.world.now - session.leasedAt > group.sessionMs / 2) break;
  }
  return 'LOST';
};

const joinGroup = async (membership: Membership): Promise<readonly number[] | undefined> => {
  const { life, group } = membership;
  const joined = await ask<{ generation: number; memberId: string }>(
    life,
    (answer) => join(group, membership.memberId, answer),
    1200,
  ).catch(() => undefined);
  if (joined === undefined) return undefined;
  Object.assign(membership, joined);
  for (;;) {
    const answer = await call(life, () => sync(group, joined.generation, joined.memberId)).catch(
      () => 'NO_ANSWER' as const,
    );
    if (answer === 'NO_ANSWER') continue;
    if (typeof answer !== 'string') return answer;
    if (answer === 'UNKNOWN_MEMBER_ID') membership.memberId = undefined;
    return undefined;
  }
};

const runEpoch = async <Value>(membership: Membership, options: ConsumerOptions<Value>): Promise<void> => {
  const { life, group } = membership;
  const partitions = await joinGroup(membership);
  if (partitions === undefined) return sleep(life, 10);
  const session = openSession(membership, partitions, life.world.now);
  note(
    life.world,
    () => `${life.name} generation ${membership.generation} owns ${partitions.join()} of ${options.topic.name}`,
  );
  const end = keepAlive(session, membership);
  const open = async (): Promise<void> => {
    const positions = await options.onAssigned(session.epoch);
    for (const partition of partitions) {
      const offset = positions.get(partition) ?? group.stored.get(partition)?.offset ?? 0;
      void readPartition(session, { life, options }, { partition, offset });
    }
  };
  open().catch(() => {
    session.hasEnded = true;
  });
  const reason = await end;
  session.mustRejoin = true;
  if (reason === 'GONE') {
    session.hasEnded = true;
    membership.memberId = undefined;
  }
  await options.onRevoked(session.epoch, reason === 'GONE' ? 'LOST' : reason);
  session.hasEnded = true;
};

/** Runs as long as its process lives, or until it is closed. While it drains, its heartbeats go on by its commits only. */
export const runConsumer = <Value>(life: Life, options: ConsumerOptions<Value>): FakeConsumer => {
  const { group } = options;
  const membership: Membership = { life, group, memberId: undefined, generation: -1, closing: undefined };
  const loop = async (): Promise<void> => {
    while (membership.closing === undefined) await runEpoch(membership, options);
    const { memberId, closing } = membership;
    if (memberId !== undefined) await call(life, () => leave(group, memberId)).catch(() => undefined);
    closing();
  };
  later(life, 0, () => void loop());
  return {
    close: (closed) => {
      membership.closing = closed;
    },
  };
};
