/** Rotation of a pool's members: what a verdict of stats, the end of its time and a person's hand do to one. */
import type { RotationVerdict } from '@sendpool/contracts';
import type { Pool, PoolMember, Rotation } from './pool.ts';
import { neverOut } from './pool.ts';

const hour = 3_600_000;
const firstOutMs = 24 * hour;
const longestOutMs = 7 * 24 * hour;

/** How long a member stays out that was rotated out so many times in a row, milliseconds. */
export const outMs = (times: number): number => Math.min(firstOutMs * 2 ** (times - 1), longestOutMs);

/** What config itself sees when a verdict comes. */
export type RotationView = {
  /** Ids of the servers that are active and verified. */
  readonly usable: ReadonlySet<string>;
};

/** The rotation of the member as it shall be, or in words why it stays as it is. */
type Turn = Rotation | string;

const sum = (members: readonly PoolMember[]): number => members.reduce((total, { weight }) => total + weight, 0);

/** Why the member must stay: without it nothing could be sent, or more than half of the weight that can send would be out. */
const mustStay = (pool: Pool, member: PoolMember, { usable }: RotationView): string | null => {
  const able = pool.members.filter(({ serverId, weight }) => weight > 0 && usable.has(serverId));
  const others = able.filter(({ serverId }) => serverId !== member.serverId);
  if (!others.some(({ rotation }) => rotation.state !== 'OUT'))
    return 'It is the last member through which mail can go; it stays in.';
  const out = sum(others.filter(({ rotation }) => rotation.state === 'OUT')) + member.weight;
  return out * 2 > sum(others) + member.weight
    ? `With it ${out} of ${sum(others) + member.weight} of the weight would be out, more than half; it stays in.`
    : null;
};

const eject = (pool: Pool, member: PoolMember, verdict: RotationVerdict, view: RotationView): Turn => {
  const { rotation } = member;
  if (pool.rotateOut.rule === 'OFF') return 'Rotating out is OFF for this pool.';
  if (rotation.state === 'OUT') return 'It is out already.';
  const stays = mustStay(pool, member, view);
  if (stays !== null) return stays;
  const times = rotation.times + 1;
  const { at, words, evidence } = verdict;
  return { state: 'OUT', since: at, until: at + outMs(times), times, reason: words, evidence };
};

/** Back with a tenth of its weight. */
const onProbation = (rotation: Rotation, since: number): Rotation => ({
  ...rotation,
  state: 'PROBATION',
  since,
  until: null,
});

const turnOf = (pool: Pool, member: PoolMember, verdict: RotationVerdict, view: RotationView): Turn => {
  const { rotation } = member;
  const { kind, at, words, evidence } = verdict;
  if (at < rotation.since) return 'Its rotation was changed after this was found.';
  if (kind === 'EJECT') return eject(pool, member, verdict, view);
  if (kind === 'RETURN') return rotation.state === 'OUT' ? onProbation(rotation, at) : 'It is not out.';
  if (rotation.state !== 'PROBATION') return 'It is not on probation.';
  return { ...neverOut, since: at, reason: words, evidence };
};

const withRotation = (pool: Pool, serverId: string, rotation: Rotation): Pool => ({
  ...pool,
  members: pool.members.map((member) => (member.serverId === serverId ? { ...member, rotation } : member)),
});

/** What a verdict EJECT, RETURN or PROMOTE makes of its pool; a text says in words why nothing. */
export const rotate = (pool: Pool, verdict: RotationVerdict, view: RotationView): Pool | string => {
  const member = pool.members.find(({ serverId }) => serverId === verdict.serverId);
  if (member === undefined) return 'The server is no member of the pool.';
  const turn = turnOf(pool, member, verdict, view);
  return typeof turn === 'string' ? turn : withRotation(pool, member.serverId, turn);
};

const isDue = ({ state, until }: Rotation, now: number): boolean => state === 'OUT' && until !== null && until <= now;

/** The pool with each member on probation whose time out is over; the same one when there is none. */
export const returnDue = (pool: Pool, now: number): Pool =>
  pool.members.some(({ rotation }) => isDue(rotation, now))
    ? {
        ...pool,
        members: pool.members.map((member) =>
          isDue(member.rotation, now) ? { ...member, rotation: onProbation(member.rotation, now) } : member,
        ),
      }
    : pool;

/** The member IN again, with a clean record; undefined when it is none of the pool, the same pool when it is in and always was. */
export const restored = (pool: Pool, serverId: string, now: number): Pool | undefined => {
  const member = pool.members.find((one) => one.serverId === serverId);
  if (member === undefined) return undefined;
  const { state, times } = member.rotation;
  if (state === 'IN' && times === 0) return pool;
  return withRotation(pool, serverId, { ...neverOut, since: now, reason: 'Put back in by hand.' });
};
