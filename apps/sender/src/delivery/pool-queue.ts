/**
 * The queue of a pool: first in, first out; the message at the front gets its server by weight, and keeps the choice until there is room.
 * One that a limit towards its mailbox provider holds back steps aside, and those to the same provider queue behind it there.
 */
import type { PoolConfig } from '@sendpool/contracts';
import { createPoolChoice, type Choice, type PoolChoice } from '../domain/pool-choice.ts';
import { choiceAt } from '../domain/limits.ts';
import type { Context } from './context.ts';
import { createFifo, type Fifo } from './fifo.ts';
import { createProviderWait, noteLeft, stayAwayMs, type HeldBy, type ProviderWait } from './provider-wait.ts';
import { admit } from './server-queue.ts';
import { isOpen, type Server } from './server.ts';
import type { Task } from './task.ts';
import { endFailed, endUntried, isWanted, limitReason, mayCarry } from './vet.ts';

export type Pool = {
  readonly id: string;
  readonly waiting: Fifo<Task>;
  /** By mailbox provider: those that stepped aside for a limit towards it. */
  readonly aside: Map<string, ProviderWait>;
  /** Null until its settings are known: nobody may send then. */
  choice: PoolChoice<Server> | null;
};

export const createPool = (id: string): Pool => ({ id, waiting: createFifo(), aside: new Map(), choice: null });

const asideOf = ({ aside }: Pool): number => {
  let count = 0;
  for (const { tasks } of aside.values()) count += tasks.length;
  return count;
};

/** Messages that have no server yet. */
export const isEmpty = (pool: Pool): boolean => pool.waiting.length === 0 && asideOf(pool) === 0;

/** Its queue, and those of the messages that stepped aside. */
export const queuesOf = function* ({ waiting, aside }: Pool): Iterable<Fifo<Task>> {
  yield waiting;
  for (const { tasks } of aside.values()) yield tasks;
};

export const setPool = (context: Context, pool: Pool, config: PoolConfig): void => {
  if (pool.choice !== null) pool.choice.setPool(config);
  else
    pool.choice = createPoolChoice(config, { server: (id) => context.servers.get(id), random: () => context.random() });
};

const none: Choice<Server> = { kind: 'NO_SERVER' };

const reasonOf = (choice: Choice<Server>): string => (choice.kind === 'WAIT' ? limitReason(choice.limit) : 'NO_SERVER');

const choose = (context: Context, task: Task, now: number): Choice<Server> => {
  const { choice } = task.pool;
  const { campaignId, serverHint } = task.message.request;
  const { fromDomain } = context.campaigns.get(campaignId)!;
  const { provider, tried } = task;
  const ask = { provider, fromDomain, hint: serverHint, tried, now };
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

type Wait = { until: number | null; limit: string | null };

const waitsTooLong = ({ until, limit }: Wait, now: number): boolean =>
  limit !== null && until !== null && until < Infinity && until - now > patienceMs;

/** Limits towards a mailbox provider are called after it, as in `gmail messagesPerDay`. */
const heldByProvider = ({ provider }: Task, { until, limit }: Wait): HeldBy | null =>
  limit !== null && until !== null && limit.startsWith(`${provider} `) ? { limit, until } : null;

/** `until`: when to look again (milliseconds on the monotonic clock); null when only a free place, a new message or new settings help. */
type Turn = { moved: number; until: number | null };

type Held = { kind: 'HELD'; heldBy: HeldBy };
type Front = { kind: 'GIVEN'; server: Server } | { kind: 'ENDED' } | { kind: 'WAITS'; until: number | null } | Held;

const ended: Front = { kind: 'ENDED' };

const waitOrEnd = (context: Context, task: Task, choice: Wait & { kind: 'WAIT' }, now: number): Front => {
  const heldBy = heldByProvider(task, choice);
  if (heldBy !== null) return { kind: 'HELD', heldBy };
  if (!waitsTooLong(choice, now)) return { kind: 'WAITS', until: choice.until };
  endUntried(context, task, { outcome: 'RELEASED', reason: reasonOf(choice) });
  return ended;
};

/** Messages wait for this server at its limits: those to other mailbox providers need not wait with them. */
const heldAt = ({ limits }: Server, task: Task, now: number): HeldBy | null => {
  if (!limits.isWaitedFor || task.started) return null;
  const until = choiceAt(limits, task.provider);
  return until > now ? heldByProvider(task, { until, limit: limits.heldBy }) : null;
};

/** The message keeps its server while it waits. */
const give = (task: Task, server: Server, now: number): Front => {
  task.server = server;
  const heldBy = heldAt(server, task, now);
  if (heldBy !== null) return { kind: 'HELD', heldBy };
  return task.started || server.hasRoom() ? { kind: 'GIVEN', server } : { kind: 'WAITS', until: null };
};

/** What becomes of the message at the front. */
const takeFront = (context: Context, task: Task, now: number): Front => {
  if (!isWanted(context, task) || !hasContent(context, task)) return ended;
  const choice = serverFor(context, task, now);
  if (choice.kind === 'WAIT') return waitOrEnd(context, task, choice, now);
  if (choice.kind === 'SERVER') return give(task, choice.server, now);
  if (choice.kind === 'SERVERS_FAILED') endFailed(context, task);
  else endUntried(context, task, { outcome: 'RELEASED', reason: reasonOf(choice) });
  return ended;
};

/** One turn of a pool: what it has handed on, and what it may at most. */
type Round = { readonly now: number; readonly most: number; moved: number; until: number };

type Blocked = Exclude<Front, { kind: 'GIVEN' | 'ENDED' }>;

/** Hands on the messages of one queue, until one cannot go: that one stays at the front, and what it waits for is returned. */
const pumpQueue = (
  context: Context,
  queue: Fifo<Task>,
  round: Round,
  look: (task: Task) => Front,
): Blocked | undefined => {
  while (round.moved < round.most) {
    const task = queue.peek();
    if (task === undefined) return undefined;
    const front = look(task);
    if (front.kind === 'WAITS' || front.kind === 'HELD') return front;
    queue.shift();
    round.moved += 1;
    if (front.kind === 'GIVEN') admit(context, front.server, task);
  }
  return undefined;
};

/** Back to the scheduler: mail behind it may go. */
const sendAway = (context: Context, task: Task, wait: ProviderWait, now: number): void =>
  endUntried(context, task, {
    outcome: 'RELEASED',
    reason: limitReason(wait.heldBy.limit),
    retryAfterMs: stayAwayMs(wait, now),
  });

const lookAgainAt = (round: Round, until: number | null): void => {
  round.until = Math.min(round.until, until ?? Infinity);
};

/** Those that stepped aside for one provider. When their limit holds for long, as a quota does, they all go back. */
const pumpAside = (context: Context, wait: ProviderWait, round: Round): void => {
  const { now, moved } = round;
  for (;;) {
    const blocked = pumpQueue(context, wait.tasks, round, (task) => takeFront(context, task, now));
    if (blocked?.kind === 'HELD') wait.heldBy = blocked.heldBy;
    if (blocked?.kind !== 'HELD' || !waitsTooLong(blocked.heldBy, now)) {
      if (blocked !== undefined) lookAgainAt(round, blocked.kind === 'HELD' ? blocked.heldBy.until : blocked.until);
      break;
    }
    sendAway(context, wait.tasks.shift()!, wait, now);
  }
  noteLeft(wait, round.moved - moved, now);
};

const waitFor = (pool: Pool, provider: string, heldBy: HeldBy, now: number): ProviderWait => {
  const known = pool.aside.get(provider);
  if (known !== undefined) return known;
  const created = createProviderWait(heldBy, now);
  pool.aside.set(provider, created);
  return created;
};

/** The front of the queue steps aside while there is room for it, and its limit holds for a short time. */
const stepAside = (context: Context, pool: Pool, heldBy: HeldBy, now: number): void => {
  const task = pool.waiting.shift()!;
  const wait = waitFor(pool, task.provider, heldBy, now);
  wait.heldBy = heldBy;
  const stays = asideOf(pool) < context.settings.maxAside && !waitsTooLong(heldBy, now);
  if (stays) wait.tasks.push(task);
  else sendAway(context, task, wait, now);
};

/** A message to a provider that others wait for queues behind them. */
const lookInQueue =
  (context: Context, pool: Pool, now: number) =>
  (task: Task): Front => {
    const wait = pool.aside.size === 0 ? undefined : pool.aside.get(task.provider);
    return wait !== undefined && wait.tasks.length > 0
      ? { kind: 'HELD', heldBy: wait.heldBy }
      : takeFront(context, task, now);
  };

const pumpWaiting = (context: Context, pool: Pool, round: Round): void => {
  const look = lookInQueue(context, pool, round.now);
  for (;;) {
    const blocked = pumpQueue(context, pool.waiting, round, look);
    if (blocked?.kind !== 'HELD') return lookAgainAt(round, blocked?.until ?? null);
    stepAside(context, pool, blocked.heldBy, round.now);
    lookAgainAt(round, blocked.heldBy.until);
  }
};

/** Hands on the messages that have a server with room, `most` at most. */
export const pumpPool = (context: Context, pool: Pool, { now, most }: { now: number; most: number }): Turn => {
  const round: Round = { now, most, moved: 0, until: Infinity };
  for (const wait of pool.aside.values()) pumpAside(context, wait, round);
  pumpWaiting(context, pool, round);
  return { moved: round.moved, until: round.until === Infinity ? null : round.until };
};
