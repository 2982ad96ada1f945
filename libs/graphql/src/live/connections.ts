/** The open sockets and event streams of the gateway: how many each key has, and their end when the key ends. */
import type { Credential } from '../authenticate.ts';
import type { GraphQLObserver, Transport } from '../observer.ts';

/** Why this process ends a connection by itself. */
export type Ending = 'UNAUTHENTICATED' | 'UNAVAILABLE';

export type Connection = { transport: Transport; credential: Credential; end(why: Ending): void };

export type Connections = {
  /** Undefined when the key has too many. The function is for the end of the connection. */
  open(connection: Connection): (() => void) | undefined;
  /** Ends all of them, and those that come yet. */
  drain(): void;
};

const lookMs = 1000;

/** `perKey`: sockets and streams of one key in this process. */
export const createConnections = (perKey: number, { connected }: GraphQLObserver): Connections => {
  const open = new Set<Connection>();
  const counts = new Map<string, number>();
  let timer: NodeJS.Timeout | undefined;
  let draining = false;

  const count = (keyId: string, change: 1 | -1): void => {
    const number = (counts.get(keyId) ?? 0) + change;
    if (number === 0) counts.delete(keyId);
    else counts.set(keyId, number);
  };
  const look = (): void => {
    for (const connection of open) if (!connection.credential.isValid()) connection.end('UNAUTHENTICATED');
  };
  const close = (connection: Connection): void => {
    if (!open.delete(connection)) return;
    count(connection.credential.actor.keyId, -1);
    connected?.(connection.transport, -1);
    if (open.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  };
  return {
    open: (connection) => {
      const { keyId } = connection.credential.actor;
      if ((counts.get(keyId) ?? 0) >= perKey) return undefined;
      open.add(connection);
      count(keyId, 1);
      connected?.(connection.transport, 1);
      timer ??= setInterval(look, lookMs);
      if (draining) connection.end('UNAVAILABLE');
      return () => close(connection);
    },
    drain: () => {
      draining = true;
      for (const connection of open) connection.end('UNAVAILABLE');
    },
  };
};
