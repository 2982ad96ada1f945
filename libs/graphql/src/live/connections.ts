/** The open sockets and event streams of the gateway: how many each key has, and their end when the key ends. */
import type { Credential } from '../authenticate.ts';
import type { LiveLimits } from '../limits.ts';
import type { GraphQLObserver, Transport } from '../observer.ts';
import { createTally, type Tally } from './tally.ts';

/** Why this process ends a connection by itself. */
export type Ending = 'UNAUTHENTICATED' | 'UNAVAILABLE';

type Connection = { transport: Transport; credential: Credential; end(why: Ending): void };

export type Connections = {
  /** Undefined when the key has too many. The function is for the end of the connection. */
  open(connection: Connection): (() => void) | undefined;
  /** Operations that run, on whatever connection. */
  readonly operations: Tally;
  /** Ends all connections, and those that come yet. */
  drain(): void;
};

const lookMs = 1000;

export const createConnections = (limits: LiveLimits, { connected }: GraphQLObserver): Connections => {
  const open = new Set<Connection>();
  const tally = createTally(limits.connectionsPerKey);
  let timer: NodeJS.Timeout | undefined;
  let draining = false;

  const look = (): void => {
    for (const connection of open) if (!connection.credential.isValid()) connection.end('UNAUTHENTICATED');
  };
  const close = (connection: Connection): void => {
    if (!open.delete(connection)) return;
    connected?.(connection.transport, -1);
    if (open.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  };
  return {
    open: (connection) => {
      const giveBack = tally.take(connection.credential.actor.keyId);
      if (giveBack === undefined) return undefined;
      open.add(connection);
      connected?.(connection.transport, 1);
      timer ??= setInterval(look, lookMs);
      if (draining) connection.end('UNAVAILABLE');
      return () => {
        giveBack();
        close(connection);
      };
    },
    operations: createTally(limits.operationsPerKey),
    drain: () => {
      draining = true;
      for (const connection of open) connection.end('UNAVAILABLE');
    },
  };
};
