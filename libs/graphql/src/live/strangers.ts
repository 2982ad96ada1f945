/** Sockets that have not said yet who they are: how many there may be, of all and of one address, and how little each may send. */
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { WebSocket } from 'ws';
import type { LiveLimits } from '../limits.ts';
import { networkOfPeer } from '../stranger-limit.ts';

/** A `connection_init` with the longest token is half of it. What is answered is no longer, so it bounds what waits too. */
const maxBytes = 16 * 1024;

export type Strangers = {
  /** What has no place for one more: this process, or the address that it would come from. */
  full(req: IncomingMessage): 'ALL' | 'ADDRESS' | undefined;
  /** Calls `tooMuch` when the socket sends more than a stranger may. The function ends it: the socket is known, or closed. */
  watch(client: { socket: WebSocket; req: IncomingMessage; duplex: Duplex }, tooMuch: () => void): () => void;
};

export const createStrangers = (most: Pick<LiveLimits, 'strangers' | 'strangersOfAddress'>): Strangers => {
  const networks = new Map<WebSocket, string>();
  const counts = new Map<string, number>();
  const countOf = (network: string): number => counts.get(network) ?? 0;
  const leave = (socket: WebSocket, network: string): void => {
    if (!networks.delete(socket)) return;
    if (countOf(network) > 1) counts.set(network, countOf(network) - 1);
    else counts.delete(network);
  };
  return {
    full: (req) => {
      if (networks.size >= most.strangers) return 'ALL';
      return countOf(networkOfPeer(req)) >= most.strangersOfAddress ? 'ADDRESS' : undefined;
    },
    watch: ({ socket, req, duplex }, tooMuch) => {
      const network = networkOfPeer(req);
      let bytes = 0;
      const count = (chunk: Buffer): void => {
        bytes += chunk.length;
        if (bytes > maxBytes) tooMuch();
      };
      networks.set(socket, network);
      counts.set(network, countOf(network) + 1);
      // Before the socket itself looks, which would keep a long message until it has all of it.
      duplex.prependListener('data', count);
      return () => {
        leave(socket, network);
        duplex.off('data', count);
      };
    },
  };
};
