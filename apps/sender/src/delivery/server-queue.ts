/** The short queue of a server: messages chosen for it wait here, get their start bit, and go on to a connection. */
import { traceStep, type Context } from './context.ts';
import type { Fifo } from './fifo.ts';
import { feed } from './lines.ts';
import { isOpen, startedOf, startLimit, type Server } from './server.ts';
import type { Task } from './task.ts';

const settleStart = (context: Context, server: Server, start: { task: Task; isDurable: boolean }): void => {
  const { task, isDurable } = start;
  server.starting -= 1;
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
  server.starting += 1;
  traceStep(context, task, 'STARTING');
  void context.keeper.start(task.message).then(settle, () => settle(false));
};

/** The first message whose lane has room for one more start; when none has, the first one, which then waits for its lane. */
const takeStartable = ({ keeper }: Context, queue: Fifo<Task>): Task =>
  queue.take((task) => keeper.canStart(task.message)) ?? queue.shift()!;

/** Asks for start bits as far as connections and read-ahead reach. */
const startNext = (context: Context, server: Server): void => {
  while (server.queue.length > 0 && startedOf(server) < startLimit(server))
    start(context, server, takeStartable(context, server.queue));
  feed(context, server);
};

/** Takes in a message that was chosen for this server. A started one needs no room. */
export const admit = (context: Context, server: Server, task: Task): void => {
  task.server = server;
  if (task.started) server.ready.push(task);
  else server.queue.push(task);
  startNext(context, server);
};

/** Goes on with a server after something changed there. When it is not to be used now, its messages that are not in conversation choose anew. */
export const advance = (context: Context, server: Server, now: number): void => {
  if (isOpen(server, now)) startNext(context, server);
  else if (server.ready.length + server.queue.length > 0)
    context.again([...server.ready.drain(), ...server.queue.drain()]);
};
