/** Ports for the processes of a system, which keep them over restarts. */
import { createConnection, createServer } from 'node:net';

/**
 * Below the ports that a system gives to outgoing connections (from 32,768 on): in that range a client that tries to reach a
 * server which is down can be given the server's own port, and then the server cannot come back.
 */
const lowest = 18_000;
const highest = 31_999;

const isFree = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });

const given = new Set<number>();

/** A port of 127.0.0.1 that was free a moment ago and that this process was not given before. */
export const freePort = async (): Promise<number> => {
  for (;;) {
    const port = lowest + Math.floor(Math.random() * (highest - lowest + 1));
    if (given.has(port)) continue;
    given.add(port);
    if (await isFree(port)) return port;
  }
};

/** Somebody takes connections at this port of 127.0.0.1; one that does not answer within a second does not. */
export const isOpen = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = createConnection({ host: '127.0.0.1', port, timeout: 1_000 });
    const answer = (open: boolean): void => {
      socket.destroy();
      resolve(open);
    };
    socket
      .once('connect', () => answer(true))
      .once('error', () => answer(false))
      .once('timeout', () => answer(false));
  });
