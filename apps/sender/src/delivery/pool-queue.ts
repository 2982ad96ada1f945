/** The queue of a pool: first in, first out; the message at the front gets its server by weight, and keeps the choice until there is room. */
import type { PoolConfig } from '@sendpool/contracts';
import { createPoolChoice, type Choice, type PoolChoice } from '../domain/pool-choice.ts';
import type { Context } from './context.ts';
import { createFifo, type Fifo } from './fifo.ts';
import { admit } from './server-queue.ts';
import { isOpen, type Server } from './server.ts';
import type { Task } from './task.ts';
import { endFailed, endUntried, isWanted, limitReason, mayCarry } from './vet.ts';

export type Pool = {
  readonly id: string;
  readonly waiting: Fifo<Task>;
  /** Null until its settings are known: nobody may send then. */
  choice: PoolChoice<Server> | null;
};

export const createPool = (id: string): Pool => ({ id, waiting: createFifo(), choice: null });

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

/** A message whose servers are all at a limit for longer than this goes back to the scheduler: it must not hold up those behind it. */
const patienceMs = 30_000;

const waitsTooLong = ({ until, limit }: Extract<Choice<Server>, { kind: 'WAIT' }>, now: number): boolean =>
  limit !== null && until !== null && until < Infinity && until - now > patienceMs;

/** `until`: when to look again (milliseconds on the monotonic clock); null when only a free place, a new message or new settings help. */
type Turn = { moved: number; until: number | null };

type Front = { kind: 'GIVEN'; server: Server } | { kind: 'ENDED' } | { kind: 'WAITS'; until: number | null };

const ended: Front = { kind: 'ENDED' };

/** What becomes of the message at the front. One that waits for a place keeps its server. */
const takeFront = (context: Context, task: Task, now: number): Front => {
  if (!isWanted(context, task) || !hasContent(context, task)) return ended;
  const choice = serverFor(context, task, now);
  if (choice.kind === 'WAIT' && !waitsTooLong(choice, now)) return { kind: 'WAITS', until: choice.until };
  if (choice.kind === 'SERVER') {
    const { server } = choice;
    task.server = server;
    return task.started || server.hasRoom() ? { kind: 'GIVEN', server } : { kind: 'WAITS', until: null };
  }
  if (choice.kind === 'SERVERS_FAILED') endFailed(context, task);
  else endUntried(context, task, { outcome: 'RELEASED', reason: reasonOf(choice) });
  return ended;
};

/** Hands on the messages that have a server with room, `most` at most. */
export const pumpPool = (context: Context, pool: Pool, { now, most }: { now: number; most: number }): Turn => {
  for (let moved = 0; moved < most; moved += 1) {
    const task = pool.waiting.peek();
    if (task === undefined) return { moved, until: null };
    const front = takeFront(context, task, now);
    if (front.kind === 'WAITS') return { moved, until: front.until };
    pool.waiting.shift();
    if (front.kind === 'GIVEN') admit(context, front.server, task);
  }
  return { moved: most, until: null };
};
