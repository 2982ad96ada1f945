/**
 * The rules of a consumer group, pure: who is a member, when partitions are given out anew, and who gets which. A rebalance first lets every
 * member drain; until all have (or the deadline passes) the old generation still holds, then the next one begins. Times are milliseconds of the database's clock.
 */
import { shareOut } from '../group/share-out.ts';

export type Member = { id: string; seenAt: number; sessionMs: number; drainMs: number; isReady: boolean };

export type Group = {
  generation: number;
  /** Undefined: stable. */
  rebalanceDeadline: number | undefined;
  partitions: number;
  members: readonly Member[];
  /** The member that holds a partition under the present generation. */
  owners: ReadonlyMap<number, string>;
};

/** For messages on their way. */
const slackMs = 500;

/** A member that hears of it late stops by itself after half its session, and may then drain. */
const deadlineFor = (members: readonly Member[], now: number): number =>
  members.reduce((latest, { sessionMs, drainMs }) => Math.max(latest, now + sessionMs / 2 + drainMs + slackMs), now);

const beginRebalance = (group: Group, now: number): Group => {
  if (group.rebalanceDeadline !== undefined) return group;
  const members = group.members.map((member) => ({ ...member, isReady: false }));
  return { ...group, members, rebalanceDeadline: deadlineFor(members, now) };
};

/** Members that are gone hold nothing from now on: their commits are refused. */
const drop = (group: Group, isGone: (member: Member) => boolean): Group => {
  const gone = new Set(group.members.filter(isGone).map((member) => member.id));
  if (gone.size === 0) return group;
  const owners = new Map([...group.owners].filter(([, owner]) => !gone.has(owner)));
  return { ...group, members: group.members.filter((member) => !gone.has(member.id)), owners };
};

const complete = (group: Group): Group => {
  const ids = group.members.map((member) => member.id).sort();
  const members = group.members.map((member) => ({ ...member, isReady: false }));
  const owners = shareOut(group.partitions, ids, group.owners);
  return { ...group, generation: group.generation + 1, rebalanceDeadline: undefined, members, owners };
};

const isSilent =
  (now: number) =>
  (member: Member): boolean =>
    member.seenAt + member.sessionMs < now;

/** What time has done: silent members are dropped, a rebalance whose members are all ready (or late) ends, more partitions begin one. */
export const settle = (group: Group, now: number, partitions: number): Group => {
  const alive = drop(group, isSilent(now));
  const changed =
    alive !== group || partitions !== group.partitions ? beginRebalance({ ...alive, partitions }, now) : alive;
  if (changed.rebalanceDeadline === undefined) return changed;
  const kept = now > changed.rebalanceDeadline ? drop(changed, (member) => !member.isReady) : changed;
  return kept.members.every((member) => member.isReady) ? complete(kept) : kept;
};

/** A new member has nothing to drain. */
export const join = (group: Group, member: Omit<Member, 'isReady'>, now: number): Group => {
  const began = beginRebalance(group, now);
  return { ...began, members: [...began.members, { ...member, isReady: true }] };
};

export const leave = (group: Group, id: string, now: number): Group => {
  const left = drop(group, (member) => member.id === id);
  return left === group ? group : beginRebalance(left, now);
};

/** The member has drained; without a rebalance under way it means nothing. */
export const markReady = (group: Group, id: string): Group =>
  group.rebalanceDeadline === undefined
    ? group
    : { ...group, members: group.members.map((member) => (member.id === id ? { ...member, isReady: true } : member)) };
