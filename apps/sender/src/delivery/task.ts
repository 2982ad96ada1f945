/** A message on its way through the sender: waiting in its pool, in the queue of a server, or in a conversation. */
import type { OutcomeEvent } from '@sendpool/contracts';
import type { ReadyMessage } from '../domain/lane-types.ts';
import type { Pool } from './pool-queue.ts';
import type { Server } from './server.ts';

export type Hop = OutcomeEvent['hops'][number];

export type Task = {
  readonly message: ReadyMessage;
  readonly pool: Pool;
  readonly provider: string;
  /** The choice that was made for it, kept while it waits for room there. */
  server: Server | null;
  /** Its start bit is durable: from now on it ends with an outcome, and may not be given back. */
  started: boolean;
  /** Servers that failed in this publication, and how. */
  hops: readonly Hop[];
  /** Those of them that it must not come to again. */
  tried: readonly string[];
};

const nothing: readonly never[] = [];

export const createTask = (message: ReadyMessage, pool: Pool, provider: string): Task => ({
  message,
  pool,
  provider,
  server: null,
  started: false,
  hops: nothing,
  tried: nothing,
});

const maxError = 200;

/** Notes that a server failed with this message; it is not tried there again, unless the server only asked to go slower. */
export const noteHop = (task: Task, hop: Hop, isThrottle: boolean): void => {
  task.hops = [...task.hops, { ...hop, error: hop.error.slice(0, maxError) }];
  if (!isThrottle) task.tried = [...task.tried, hop.serverId];
};
