/** One member of a group as the coordinator sees it: joins, gives out the partitions when it leads, beats, leaves. */
import { AppError } from '@sendpool/kernel';
import {
  assign,
  decodeAssignment,
  decodeMember,
  encodeAssignment,
  encodeMember,
  nothingHeld,
  protocolName,
  type GroupMember,
  type Held,
} from './assignment.ts';
import type { Coordinator, Line } from './coordinator.ts';
import { isFenced, KafkaError, typeOf } from './faults.ts';
import type { MemberMemory } from './member-memory.ts';
import type { Requests } from './protocol.ts';

type JoinAnswer = Requests['JoinGroup']['answer'];

/** What this member holds in one generation. */
export type Share = {
  generation: number;
  memberId: string;
  partitions: number[];
  /** Partitions of the topic when they were given out; told to the leader only, who has to look for more. */
  leads: { partitions: number } | undefined;
  /** Monotonic; the coordinator counts the session from a later moment. */
  askedAt: number;
};

export type Verdict = 'STABLE' | 'REBALANCE' | 'FENCED';

export type Membership = {
  /**
   * Leaves for ids that are done with, joins and waits for the next generation. Once it has begun it is to be repeated until it works:
   * the group may already count on this member.
   */
  join(): Promise<Share>;
  beat(share: Share, timeoutMs: number, stop: AbortSignal): Promise<Verdict>;
  /** The next join is that of a new member; nothing is sent now. */
  abandon(): void;
  /** Leaves the group now. */
  leave(): Promise<void>;
  /** Leaves for good. A join that is still under way leaves again as soon as the group may count on it. */
  close(): Promise<void>;
};

export type MembershipDeps = {
  topic: string;
  group: string;
  coordinator: Coordinator;
  memory: MemberMemory;
  /** Partitions that a topic has now. */
  countPartitions(topic: string): Promise<number>;
  sessionMs: number;
  /** How long the coordinator waits for members to drain and join again. */
  rebalanceMs: number;
};

/** `last`: what was held last; the same generation never begins twice. */
type State = { memberId: string; abandoned: Set<string>; last: Held & { memberId: string }; isClosed: boolean };

const answerMs = 5000;

/** Refusals that mean: this member id is no longer, or not any more what it was. */
const gone = new Set(['UNKNOWN_MEMBER_ID', 'FENCED_INSTANCE_ID']);

const topicsOf = (members: readonly GroupMember[]): Set<string> => new Set(members.flatMap((member) => member.topics));

type Given = { memberId: string; memberAssignment: Buffer };

/** Members of one group may read different topics; each topic is given out among its own. */
const giveOut = async (deps: MembershipDeps, answer: JoinAnswer): Promise<{ given: Given[]; partitions: number }> => {
  const members = answer.members.map(({ memberId, memberMetadata }) => decodeMember(memberId, memberMetadata));
  const given: Given[] = [];
  let own = 0;
  for (const topic of topicsOf(members)) {
    const partitions = await deps.countPartitions(topic);
    if (topic === deps.topic) own = partitions;
    const readers = members.filter((member) => member.topics[0] === topic);
    for (const [memberId, share] of assign(readers, partitions))
      given.push({ memberId, memberAssignment: encodeAssignment(topic, share) });
  }
  return { given, partitions: own };
};

const leaveAs = async (deps: MembershipDeps, memberId: string): Promise<void> => {
  const line = await deps.coordinator.reach();
  const request = { groupId: deps.group, memberId };
  await line.request('LeaveGroup', request, answerMs).catch((error: unknown) => {
    if (!gone.has(typeOf(error))) throw error;
  });
  deps.memory.forget(deps.group, memberId);
};

const leaveAbandoned = async (deps: MembershipDeps, { abandoned }: State): Promise<void> => {
  for (const memberId of abandoned) {
    await leaveAs(deps, memberId);
    abandoned.delete(memberId);
  }
};

const requireId = (deps: MembershipDeps, state: State, memberId: string): void => {
  state.memberId = memberId;
  // Before the group counts on it: a crash from here on must not leave it waiting.
  deps.memory.remember(deps.group, memberId);
};

const checkOpen = ({ isClosed }: State, { group }: MembershipDeps): void => {
  if (isClosed) throw new KafkaError('CLOSED', `the member of ${group} is closed`, { passes: true });
};

const askToJoin = (deps: MembershipDeps, state: State, line: Line): Promise<JoinAnswer> => {
  checkOpen(state, deps);
  const request = {
    groupId: deps.group,
    memberId: state.memberId,
    sessionTimeout: deps.sessionMs,
    rebalanceTimeout: deps.rebalanceMs,
    protocolType: 'consumer' as const,
    groupProtocols: [{ name: protocolName, metadata: encodeMember(deps.topic, state.last) }],
  };
  return line.request('JoinGroup', request, deps.rebalanceMs + answerMs);
};

/** A new member is given its id first, and joins under it. */
const joinGroup = async (deps: MembershipDeps, state: State, line: Line): Promise<JoinAnswer> => {
  try {
    return await askToJoin(deps, state, line);
  } catch (error) {
    if (!(error instanceof KafkaError) || error.memberId === undefined) throw error;
    requireId(deps, state, error.memberId);
    return await askToJoin(deps, state, line);
  }
};

const syncGroup = async (deps: MembershipDeps, line: Line, answer: JoinAnswer): Promise<Share> => {
  const { generationId: generation, memberId } = answer;
  const isLeader = answer.leaderId === memberId;
  const { given, partitions } = isLeader ? await giveOut(deps, answer) : { given: [], partitions: 0 };
  const askedAt = performance.now();
  const request = { groupId: deps.group, generationId: generation, memberId, groupAssignment: given };
  const limitMs = Math.max(deps.sessionMs, deps.rebalanceMs) + answerMs;
  const { memberAssignment } = await line.request('SyncGroup', request, limitMs);
  const leads = isLeader ? { partitions } : undefined;
  return { generation, memberId, partitions: decodeAssignment(deps.topic, memberAssignment), leads, askedAt };
};

const joinOnce = async (deps: MembershipDeps, state: State): Promise<Share> => {
  await leaveAbandoned(deps, state);
  const line = await deps.coordinator.reach();
  const answer = await joinGroup(deps, state, line);
  requireId(deps, state, answer.memberId);
  checkOpen(state, deps);
  const share = await syncGroup(deps, line, answer);
  checkOpen(state, deps);
  if (share.memberId === state.last.memberId && share.generation <= state.last.generation)
    throw new KafkaError('ILLEGAL_GENERATION', 'the group gave a generation twice', { passes: true });
  state.last = share;
  return share;
};

/** A refusal to join that no waiting will change, in words for an operator. */
const explainJoin = (error: unknown, { group, sessionMs }: MembershipDeps): unknown => {
  const refusal = typeOf(error);
  if (refusal === 'INVALID_SESSION_TIMEOUT')
    return new AppError('BAD_CONFIGURATION', `the broker does not allow a session of ${sessionMs} ms`, {
      cause: error,
    });
  if (refusal === 'INCONSISTENT_GROUP_PROTOCOL')
    return new AppError('CONFLICT', `group ${group} has members of another client`, { cause: error });
  return error;
};

export const createMembership = (deps: MembershipDeps): Membership => {
  const { group, coordinator, memory } = deps;
  const state: State = {
    memberId: '',
    abandoned: new Set(memory.takeOver(group)),
    last: { ...nothingHeld, memberId: '' },
    isClosed: false,
  };
  const abandon = (): void => {
    if (state.memberId !== '') state.abandoned.add(state.memberId);
    state.memberId = '';
  };
  const leave = async (): Promise<void> => {
    abandon();
    await leaveAbandoned(deps, state);
  };
  return {
    abandon,
    join: async () => {
      try {
        return await joinOnce(deps, state);
      } catch (error) {
        // Nobody waits for it any more.
        if (state.isClosed) await leave().catch(() => undefined);
        if (gone.has(typeOf(error)) || typeOf(error) === 'ILLEGAL_GENERATION') abandon();
        throw explainJoin(error, deps);
      }
    },
    beat: async ({ generation, memberId }, timeoutMs, stop) => {
      const line = await coordinator.reach();
      stop.throwIfAborted();
      const request = { groupId: group, memberId, groupGenerationId: generation };
      try {
        await line.request('Heartbeat', request, timeoutMs);
        return 'STABLE';
      } catch (error) {
        if (typeOf(error) === 'REBALANCE_IN_PROGRESS') return 'REBALANCE';
        if (isFenced(error)) return 'FENCED';
        throw error;
      }
    },
    leave,
    close: () => {
      state.isClosed = true;
      return leave();
    },
  };
};
