/** Sockets that have not said yet who they are: how many there may be, and how little each may send. */
import type { Duplex } from 'node:stream';
import type { WebSocket } from 'ws';

/** A `connection_init` with the longest token is half of it. What is answered is no longer, so it bounds what waits too. */
const maxBytes = 16 * 1024;

export type Strangers = {
  isFull(): boolean;
  /** Calls `tooMuch` when the socket sends more than a stranger may. The function ends it: the socket is known, or closed. */
  watch(socket: WebSocket, duplex: Duplex, tooMuch: () => void): () => void;
};

export const createStrangers = (most: number): Strangers => {
  const strangers = new Set<WebSocket>();
  return {
    isFull: () => strangers.size >= most,
    watch: (socket, duplex, tooMuch) => {
      let bytes = 0;
      const count = (chunk: Buffer): void => {
        bytes += chunk.length;
        if (bytes > maxBytes) tooMuch();
      };
      strangers.add(socket);
      // Before the socket itself looks, which would keep a long message until it has all of it.
      duplex.prependListener('data', count);
      return () => {
        strangers.delete(socket);
        duplex.off('data', count);
      };
    },
  };
};
