/**
 * The queue of a pool: first in, first out; the message at the front gets its server by weight, and keeps the choice until there is room.
 * One that a limit towards its mailbox provider holds back steps aside into a crowd, and those like it follow: it holds up no others.
 */
import type { PoolConfig } from '@sendpool/contracts';
import { holdTowards } from '../domain/limits.ts';
import { createPoolChoice, type Choice, type PoolChoice } from '../domain/pool-choice.ts';
import type { Context } from './context.ts';
import { createCrowd, noteLeft, reserveReturn, type Crowd, type HeldBy } from './crowd.ts';
import { createFifo, type Fifo } from './fifo.ts';
import { admit } from './server-queue.ts';
import { isOpen, type Server } from './server.ts';
import type { Task } from './task.ts';
import { endFailed, endUntried, isWanted, limitReason, mayCarry } from './vet.ts';

export type Pool = {
  readonly id: string;
  readonly waiting: Fifo<Task>;
  /** Those that stepped aside, by `crowdOf`; none of them is empty. */
  readonly crowds: Map<string, Crowd>;
  /** Null until its settings are known: nobody may send then. */
  choice: PoolChoice<Server> | null;
};

export const createPool = (id: string): Pool => ({ id, waiting: createFifo(), crowds: new Map(), choice: null });

/** Its queue, and the crowds beside it. */
export const queuesOf = function* ({ waiting, crowds }: Pool): Iterable<Fifo<Task>> {
  yield waiting;
  for (const { tasks } of crowds.values()) yield tasks;
};

/** True when no message waits for a server. */
export const isEmpty = (pool: Pool): boolean => {
  for (const { length } of queuesOf(pool)) if (length > 0) return false;
  return true;
};

export const setPool = (context: Context, pool: Pool, config: PoolConfig): void => {
  if (pool.choice !== null) pool.choice.setPool(config);
  else
    pool.choice = createPoolChoice(config, { server: (id) => context.servers.get(id), random: () => context.random() });
};

const none: Choice<Server> = { kind: 'NO_SERVER' };

const reasonOf = (choice: Choice<Server>): string =>
  choice.kind === 'WAIT' ? limitReason(choice.by?.limit ?? null) : 'NO_SERVER';

/** Of a campaign that is known: `isWanted` comes first. */
const fromDomainOf = ({ campaigns }: Context, { message }: Task): string =>
  campaigns.get(message.request.campaignId)!.fromDomain;

const choose = (context: Context, task: Task, now: number): Choice<Server> => {
  const { choice } = task.pool;
  const { provider, tried } = task;
  const hint = task.message.request.serverHint;
  const ask = { provider, fromDomain: fromDomainOf(context, task), hint, tried, now };
  const made = choice?.choose(ask) ?? none;
  if (made.kind === 'SERVER') made.server.chosen(provider);
  return made;
};

/** The choice that was made before holds, unless that server fell out meanwhile. */
const serverFor = (context: Context, task: Task, now: number): Choice<Server> =>
  task.server !== null && isOpen(task.server, now) && mayCarry(context, task.server, task)
    ? { kind: 'SERVER', server: task.server }
    : choose(context, task, now);

const hasContent = (context: Context, task: Task): boolean => {
  const { campaignId } = task.message.request;
  try {
    return context.campaigns.get(campaignId)!.content() !== undefined;
  } catch (error) {
    context.observer.badContent(campaignId, error);
    endUntried(context, task, { outcome: 'RELEASED', reason: 'BAD_CONTENT' });
    return false;
  }
};

/** A message that waits longer than this for a limit goes back to the scheduler: it must not hold up those behind it. */
const patienceMs = 30_000;

const isLong = (until: number, now: number): boolean => until < Infinity && until - now > patienceMs;

/** A rate lets them go one by one, however slow it is; what is counted lets none go until it is counted anew. */
const holdsForLong = ({ until, perSecond }: HeldBy, now: number): boolean => perSecond === null && isLong(until, now);

/** `until`: when to look again (milliseconds on the monotonic clock); null when only a free place, a new message or new settings help. */
type Turn = { moved: number; until: number | null };

type Blocked = { kind: 'WAITS'; until: number | null } | { kind: 'HELD'; heldBy: HeldBy };
type Front = { kind: 'GIVEN'; server: Server } | { kind: 'ENDED' } | Blocked;

const ended: Front = { kind: 'ENDED' };

type Wait = Extract<Choice<Server>, { kind: 'WAIT' }>;

/** What holds a message back that others may pass. */
const heldByOf = ({ until, by }: Pick<Wait, 'until' | 'by'>): HeldBy | null =>
  by === null || by.provider === null || by.limit === null || until === null
    ? null
    : { limit: by.limit, until, perSecond: by.perSecond };

const waitOrEnd = (context: Context, task: Task, choice: Wait, now: number): Front => {
  const heldBy = heldByOf(choice);
  if (heldBy !== null) return { kind: 'HELD', heldBy };
  const { until, by } = choice;
  if (until === null || by === null || by.limit === null || !isLong(until, now)) return { kind: 'WAITS', until };
  endUntried(context, task, { outcome: 'RELEASED', reason: reasonOf(choice) });
  return ended;
};

/** Messages wait for this server at its limits: those to other mailbox providers need not wait with them. */
const heldAt = ({ limits }: Server, task: Task, now: number): HeldBy | null => {
  if (!limits.isWaitedFor || task.started) return null;
  const by = holdTowards(limits, task.provider);
  return by !== null && by.until > now ? heldByOf({ until: by.until, by }) : null;
};

/** The message keeps its server while it waits. */
const give = (task: Task, server: Server, now: number): Front => {
  task.server = server;
  const heldBy = heldAt(server, task, now);
  if (heldBy !== null) return { kind: 'HELD', heldBy };
  return task.started || server.hasRoom() ? { kind: 'GIVEN', server } : { kind: 'WAITS', until: null };
};

/** What becomes of a message that is wanted. */
const look = (context: Context, task: Task, now: number): Front => {
  if (!hasContent(context, task)) return ended;
  const choice = serverFor(context, task, now);
  if (choice.kind === 'WAIT') return waitOrEnd(context, task, choice, now);
  if (choice.kind === 'SERVER') return give(task, choice.server, now);
  if (choice.kind === 'SERVERS_FAILED') endFailed(context, task);
  else endUntried(context, task, { outcome: 'RELEASED', reason: reasonOf(choice) });
  return ended;
};

/** One turn of a pool: what it has handed on, and what it may at most. */
type Round = { readonly now: number; readonly most: number; moved: number; until: number };

const lookAgainAt = (round: Round, until: number | null): void => {
  round.until = Math.min(round.until, until ?? Infinity);
};

/** Hands on the messages of one queue, until one cannot go: that one stays at the front, and what it waits for is returned. */
const pumpQueue = (
  context: Context,
  queue: Fifo<Task>,
  round: Round,
  lookAt: (task: Task) => Front,
): Blocked | undefined => {
  while (round.moved < round.most) {
    const task = queue.peek();
    if (task === undefined) return undefined;
    const front = isWanted(context, task) ? lookAt(task) : ended;
    if (front.kind === 'WAITS' || front.kind === 'HELD') return front;
    queue.shift();
    round.moved += 1;
    if (front.kind === 'GIVEN') admit(context, front.server, task);
  }
  return undefined;
};

/** Back to the scheduler: mail behind it may go, and it has no start bit while it waits. */
const sendAway = (context: Context, task: Task, crowd: Crowd, now: number): void =>
  endUntried(context, task, {
    outcome: 'RELEASED',
    reason: limitReason(crowd.heldBy.limit),
    retryAfterMs: reserveReturn(crowd, now, context.random()),
  });

/** Those that stepped aside together. When their limit holds for long, as a quota does, they all go back. */
const pumpCrowd = (context: Context, crowd: Crowd, round: Round): void => {
  const { now, moved } = round;
  const blocked = pumpQueue(context, crowd.tasks, round, (task) => look(context, task, now));
  noteLeft(crowd, round.moved - moved, now);
  if (blocked?.kind === 'WAITS') return lookAgainAt(round, blocked.until);
  if (blocked === undefined) return;
  crowd.heldBy = blocked.heldBy;
  if (!holdsForLong(blocked.heldBy, now)) return lookAgainAt(round, blocked.heldBy.until);
  for (const task of crowd.tasks.drain()) sendAway(context, task, crowd, now);
};

const pumpCrowds = (context: Context, { crowds }: Pool, round: Round): void => {
  for (const [key, crowd] of crowds) {
    pumpCrowd(context, crowd, round);
    if (crowd.tasks.length === 0) crowds.delete(key);
  }
};

const crowdOf = (context: Context, task: Task): string => `${task.provider} ${fromDomainOf(context, task)}`;

/** Places of a crowd that is there beside many others. */
const leastPlaces = 4;

/** The places are shared by the crowds that are there. */
const hasPlace = ({ settings }: Context, { crowds }: Pool, { tasks }: Crowd): boolean =>
  tasks.length < Math.max(leastPlaces, settings.maxAside / crowds.size);

/** A started message never waits here: nothing must stay in doubt for a limit. */
const stepAside = (context: Context, task: Task, heldBy: HeldBy, now: number): void => {
  const { pool } = task;
  const key = crowdOf(context, task);
  const crowd = pool.crowds.get(key) ?? createCrowd(heldBy);
  crowd.heldBy = heldBy;
  pool.crowds.set(key, crowd);
  const stays = !task.started && !holdsForLong(heldBy, now) && hasPlace(context, pool, crowd);
  if (stays) crowd.tasks.push(task);
  else sendAway(context, task, crowd, now);
  if (crowd.tasks.length === 0) pool.crowds.delete(key);
};

/** A message like others that wait goes behind them; a started one may have other servers left than they. */
const lookInQueue =
  (context: Context, { crowds }: Pool, now: number) =>
  (task: Task): Front => {
    const crowd = crowds.size === 0 || task.started ? undefined : crowds.get(crowdOf(context, task));
    return crowd === undefined ? look(context, task, now) : { kind: 'HELD', heldBy: crowd.heldBy };
  };

const pumpWaiting = (context: Context, pool: Pool, round: Round): void => {
  const lookAt = lookInQueue(context, pool, round.now);
  let blocked = pumpQueue(context, pool.waiting, round, lookAt);
  while (blocked?.kind === 'HELD') {
    stepAside(context, pool.waiting.shift()!, blocked.heldBy, round.now);
    lookAgainAt(round, blocked.heldBy.until);
    blocked = pumpQueue(context, pool.waiting, round, lookAt);
  }
  if (blocked !== undefined) lookAgainAt(round, blocked.until);
};

/** Hands on the messages that have a server with room, `most` at most. */
export const pumpPool = (context: Context, pool: Pool, { now, most }: { now: number; most: number }): Turn => {
  const round: Round = { now, most, moved: 0, until: Infinity };
  pumpCrowds(context, pool, round);
  pumpWaiting(context, pool, round);
  return { moved: round.moved, until: round.until === Infinity ? null : round.until };
};
