/** The short queue of a server: messages chosen for it wait here, get their start bit, and go on to a connection. */
import { choiceAt, isAnySpent, isSpentFor, limitedBy } from '../domain/limits.ts';
import { traceStep, type Context } from './context.ts';
import { feed, wake } from './lines.ts';
import { countLetThrough, isOpen, startedOf, startLimit, type Server } from './server.ts';
import type { Task } from './task.ts';
import { endUntried, limitReason } from './vet.ts';

const settleStart = (context: Context, server: Server, start: { task: Task; isDurable: boolean }): void => {
  const { task, isDurable } = start;
  server.starting.delete(task);
  if (!isDurable) return context.freed(server);
  task.started = true;
  if (isOpen(server, context.clock.monotonic())) {
    server.ready.push(task);
    feed(context, server);
  } else context.again([task]);
};

const start = (context: Context, server: Server, task: Task): void => {
  const askedAt = context.clock.monotonic();
  const settle = (isDurable: boolean): void => {
    context.observer.startTook(context.clock.monotonic() - askedAt);
    traceStep(context, task, 'STARTED');
    settleStart(context, server, { task, isDurable });
  };
  server.starting.add(task);
  if (server.limits.isWaitedFor) countLetThrough(server, task.provider);
  traceStep(context, task, 'STARTING');
  void context.keeper.start(task.message).then(settle, () => settle(false));
};

/** When messages wait for a server at its limits, they do so without a start bit: nothing of them is in doubt if the process dies. */
const mayStart = (server: Server, task: Task, now: number): boolean =>
  !server.limits.isWaitedFor || choiceAt(server.limits, task.provider) <= now;

/**
 * The first message that its limits let start and whose lane has room for one more; when no lane has, the first that may start, which
 * then waits for its lane.
 */
const takeStartable = ({ keeper, clock }: Context, server: Server): Task | undefined => {
  const now = clock.monotonic();
  const may = (task: Task): boolean => mayStart(server, task, now);
  return server.queue.take((task) => keeper.canStart(task.message) && may(task)) ?? server.queue.take(may);
};

/** Looks again when a limit lets the first of them go. */
const wakeForStart = (context: Context, server: Server): void =>
  wake(context, server, Math.min(...server.queue.list().map(({ provider }) => choiceAt(server.limits, provider))));

/** Asks for start bits as far as limits, connections and read-ahead reach. */
const startNext = (context: Context, server: Server): void => {
  while (server.queue.length > 0 && startedOf(server) < startLimit(server)) {
    const task = takeStartable(context, server);
    if (task === undefined) {
      wakeForStart(context, server);
      break;
    }
    start(context, server, task);
  }
  feed(context, server);
};

/** Takes in a message that was chosen for this server. A started one needs no room. */
export const admit = (context: Context, server: Server, task: Task): void => {
  task.server = server;
  if (task.started) server.ready.push(task);
  else server.queue.push(task);
  startNext(context, server);
};

/**
 * What was let through and may not begin today any more, since other processes have sent more than was known: it chooses anew. When messages
 * wait for this server it is released: a started one must not stay in doubt until midnight.
 */
const letGoOfSpent = (context: Context, server: Server): void => {
  const { limits, ready } = server;
  if (ready.length === 0 || !isAnySpent(limits)) return;
  const spent = ready.reject((task) => !isSpentFor(limits, task.provider));
  if (!limits.isWaitedFor) context.again(spent);
  else
    for (const task of spent)
      endUntried(context, task, { outcome: 'RELEASED', reason: limitReason(limitedBy(limits)) });
};

/** Goes on with a server after something changed there. When it is not to be used now, its messages that are not in conversation choose anew. */
export const advance = (context: Context, server: Server, now: number): void => {
  if (isOpen(server, now)) {
    letGoOfSpent(context, server);
    startNext(context, server);
  } else if (server.ready.length + server.queue.length > 0)
    context.again([...server.ready.drain(), ...server.queue.drain()]);
};
