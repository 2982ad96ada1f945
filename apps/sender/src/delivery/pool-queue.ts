/** The queue of a pool: first in, first out; the message at the front gets its server by weight, and keeps the choice until there is room. */
import type { PoolConfig } from '@sendpool/contracts';
import { createPoolChoice, type Choice, type PoolChoice } from '../domain/pool-choice.ts';
import type { Context } from './context.ts';
import { createFifo, type Fifo } from './fifo.ts';
import { admit } from './server-queue.ts';
import { isOpen, type Server } from './server.ts';
import type { Task } from './task.ts';
import { endFailed, endUntried, isWanted, limitReason } from './vet.ts';

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
  const { provider, tried, hops } = task;
  const ask = { provider, fromDomain, hint: serverHint, tried, failures: hops.length, now };
  const made = choice?.choose(ask) ?? none;
  if (made.kind === 'SERVER') made.server.chosen(provider);
  return made;
};

/** The choice that was made before holds, unless that server fell out meanwhile. */
const serverFor = (context: Context, task: Task, now: number): Choice<Server> =>
  task.server !== null && isOpen(task.server, now)
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

/**
 * Hands on as many messages as have a server with room. Returns when to look again (milliseconds on the monotonic clock), or
 * null when only a free place, a new message or new settings can help.
 */
export const pumpPool = (context: Context, pool: Pool, now: number): number | null => {
  for (let task = pool.waiting.peek(); task !== undefined; task = pool.waiting.peek()) {
    if (isWanted(context, task) && hasContent(context, task)) {
      const choice = serverFor(context, task, now);
      if (choice.kind === 'WAIT' && !waitsTooLong(choice, now)) return choice.until;
      if (choice.kind === 'SERVER') {
        task.server = choice.server;
        if (!task.started && !choice.server.hasRoom()) return null;
        pool.waiting.shift();
        admit(context, choice.server, task);
        continue;
      }
      if (choice.kind === 'SERVERS_FAILED') endFailed(context, task);
      else endUntried(context, task, { outcome: 'RELEASED', reason: reasonOf(choice) });
    }
    pool.waiting.shift();
  }
  return null;
};
