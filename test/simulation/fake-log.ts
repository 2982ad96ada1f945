/**
 * The event log of the simulation, as Kafka behaves: partitions, and a group coordinator that takes commits of the present generation
 * also while a rebalance is prepared, refuses those of an old one, and does not look at the order in which they arrive.
 */
import { at, note, type Answer, type World } from './world.ts';

export type Position = { readonly offset: number; readonly metadata: string };
export type GroupCommit = { readonly partition: number; readonly offset: number; readonly metadata: string };

type Member = { joined: Answer<Joined> | undefined; heartbeatAt: number };
type Joined = { readonly generation: number; readonly memberId: string };
export type Refusal = 'UNKNOWN_MEMBER_ID' | 'ILLEGAL_GENERATION' | 'REBALANCE_IN_PROGRESS';

export type Group = {
  readonly world: World;
  readonly partitions: number;
  readonly sessionMs: number;
  readonly rebalanceMs: number;
  generation: number;
  state: 'EMPTY' | 'PREPARING' | 'COMPLETING' | 'STABLE';
  preparedSince: number;
  readonly members: Map<string, Member>;
  assignment: Map<string, number[]>;
  readonly stored: Map<number, Position>;
  memberCount: number;
};

export const createGroup = (
  world: World,
  options: { partitions: number; sessionMs: number; rebalanceMs: number },
): Group => {
  const group: Group = {
    world,
    ...options,
    generation: 0,
    state: 'EMPTY',
    preparedSince: 0,
    members: new Map(),
    assignment: new Map(),
    stored: new Map(),
    memberCount: 0,
  };
  tick(group);
  return group;
};

const prepare = (group: Group): void => {
  if (group.members.size === 0) group.state = 'EMPTY';
  else if (group.state !== 'PREPARING') {
    group.state = 'PREPARING';
    group.preparedSince = group.world.now;
  }
};

const complete = (group: Group): void => {
  if (group.state !== 'PREPARING' || [...group.members.values()].some(({ joined }) => joined === undefined)) return;
  group.generation++;
  group.state = 'COMPLETING';
  for (const [memberId, member] of group.members) {
    const { joined } = member;
    member.joined = undefined;
    member.heartbeatAt = group.world.now;
    joined?.({ generation: group.generation, memberId });
  }
};

const dropSilent = (group: Group): void => {
  for (const [memberId, member] of group.members) {
    if (member.joined !== undefined || group.world.now - member.heartbeatAt <= group.sessionMs) continue;
    group.members.delete(memberId);
    prepare(group);
  }
};

const tick = (group: Group): void => {
  dropSilent(group);
  if (group.state === 'PREPARING') {
    if (group.world.now - group.preparedSince > group.rebalanceMs) {
      for (const [memberId, member] of group.members) if (member.joined === undefined) group.members.delete(memberId);
    }
    complete(group);
  }
  at(group.world, 50, () => tick(group));
};

export const join = (group: Group, memberId: string | undefined, answer: Answer<Joined>): void => {
  const id = memberId !== undefined && group.members.has(memberId) ? memberId : `m${++group.memberCount}`;
  group.members.set(id, { joined: answer, heartbeatAt: group.world.now });
  prepare(group);
  complete(group);
};

export const leave = (group: Group, memberId: string): void => {
  if (group.members.delete(memberId)) prepare(group);
};

const check = (group: Group, generation: number, memberId: string): Refusal | undefined => {
  const member = group.members.get(memberId);
  if (member === undefined) return 'UNKNOWN_MEMBER_ID';
  if (generation !== group.generation) return 'ILLEGAL_GENERATION';
  member.heartbeatAt = group.world.now;
  return undefined;
};

/** The first member that asks deals the partitions out, each generation in another way. */
export const sync = (group: Group, generation: number, memberId: string): readonly number[] | Refusal => {
  const refusal = check(group, generation, memberId);
  if (refusal !== undefined) return refusal;
  if (group.state === 'PREPARING') return 'REBALANCE_IN_PROGRESS';
  if (group.state === 'COMPLETING') {
    const ids = [...group.members.keys()];
    group.assignment = new Map(ids.map((id) => [id, []]));
    for (let partition = 0; partition < group.partitions; partition++) {
      group.assignment.get(ids[(partition + generation) % ids.length]!)!.push(partition);
    }
    group.state = 'STABLE';
  }
  return group.assignment.get(memberId) ?? [];
};

/** The member that was given the partition last. */
export const ownerOf = (group: Group, partition: number): string | undefined => {
  for (const [memberId, partitions] of group.assignment) if (partitions.includes(partition)) return memberId;
  return undefined;
};

export const heartbeat = (group: Group, generation: number, memberId: string): Refusal | 'OK' =>
  check(group, generation, memberId) ?? (group.state === 'STABLE' ? 'OK' : 'REBALANCE_IN_PROGRESS');

export const commit = (
  group: Group,
  from: { generation: number; memberId: string },
  commits: readonly GroupCommit[],
): Refusal | 'OK' => {
  const refusal = check(group, from.generation, from.memberId);
  if (refusal !== undefined) return refusal;
  if (group.state === 'COMPLETING') return 'REBALANCE_IN_PROGRESS';
  for (const { partition, offset, metadata } of commits) group.stored.set(partition, { offset, metadata });
  return 'OK';
};

export type FakeTopic<Value> = {
  readonly world: World;
  readonly name: string;
  readonly partitions: Value[][];
  readonly waiting: Set<() => void>[];
};

export const createTopic = <Value>(world: World, name: string, partitions: number): FakeTopic<Value> => ({
  world,
  name,
  partitions: Array.from({ length: partitions }, () => []),
  waiting: Array.from({ length: partitions }, () => new Set()),
});

export const append = <Value>(topic: FakeTopic<Value>, partition: number, values: readonly Value[]): void => {
  topic.partitions[partition]!.push(...values);
  const waiting = topic.waiting[partition]!;
  topic.waiting[partition] = new Set();
  for (const wake of waiting) wake();
};

/** Answers with up to `max` values from `offset` on; waits at the end of the log for a while. */
export const fetch = <Value>(
  topic: FakeTopic<Value>,
  from: { partition: number; offset: number; max: number; waitMs: number },
  answer: Answer<Value[]>,
): void => {
  let isAnswered = false;
  const tryNow = (isLast: boolean): void => {
    const values = topic.partitions[from.partition]!.slice(from.offset, from.offset + from.max);
    if (isAnswered || (values.length === 0 && !isLast)) return;
    isAnswered = true;
    topic.waiting[from.partition]!.delete(wake);
    answer(values);
  };
  const wake = (): void => tryNow(false);
  topic.waiting[from.partition]!.add(wake);
  tryNow(false);
  if (!isAnswered) at(topic.world, from.waitMs, () => tryNow(true));
};

/** A person, or a broker, that loses the metadata of a partition. */
export const eraseMetadata = (group: Group, partition: number): boolean => {
  const position = group.stored.get(partition);
  if (position === undefined || position.offset === 0) return false;
  group.stored.set(partition, { offset: position.offset, metadata: '' });
  note(group.world, () => `ledger of lane ${partition} erased`);
  return true;
};
