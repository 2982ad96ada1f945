/** Pings that find the sockets whose clients are gone, or read nothing. */
import { randomBytes } from 'node:crypto';
import type { WebSocket } from 'ws';

/**
 * A pong counts only for the ping that it answers: that ping lies behind all that waits to be sent, so who answers
 * has read all of it. Who has not by the next turn has taken nothing, or is gone: two turns at most.
 */
export const keepAlive = (sockets: ReadonlySet<WebSocket>, pingMs: number): NodeJS.Timeout => {
  const unanswered = new WeakSet<WebSocket>();
  const ping = (socket: WebSocket): void => {
    if (unanswered.has(socket)) return socket.terminate();
    const payload = randomBytes(8);
    const hear = (data: Buffer): void => {
      if (!data.equals(payload)) return;
      unanswered.delete(socket);
      socket.off('pong', hear);
    };
    unanswered.add(socket);
    socket.on('pong', hear);
    if (socket.readyState === socket.OPEN) socket.ping(payload);
  };
  return setInterval(() => sockets.forEach(ping), pingMs).unref();
};
