/** Upgrades of connections, as to WebSocket: who takes them, and the refusal of those that nobody takes now. */
import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';

export type Upgrade = {
  /** Exact path that is upgraded. */
  path: string;
  /** The protocol as in the header `Upgrade`, in lower case. */
  protocol: 'websocket';
  /** Owns the socket from then on: nothing else ends it, not even a drain. See `Part.drain`. */
  handle(req: IncomingMessage, socket: Duplex, head: Buffer): void;
};

const pathOf = (req: IncomingMessage): string => (req.url ?? '/').split('?', 1)[0]!;

const takerOf = (upgrades: readonly Upgrade[], req: IncomingMessage): Upgrade | undefined =>
  upgrades.find(
    ({ path, protocol }) =>
      req.method === 'GET' && path === pathOf(req) && req.headers.upgrade?.toLowerCase() === protocol,
  );

/** Whether a request is an upgrade that somebody takes. Any other is an ordinary request, whatever it would like to become. */
export const isUpgrade =
  (upgrades: readonly Upgrade[]) =>
  (req: IncomingMessage): boolean =>
    takerOf(upgrades, req) !== undefined;

/** Ends the socket with a bare answer: there is no response object for an upgrade. `status` is code and reason. */
const refuseUpgrade = (socket: Duplex, status: string): void => {
  socket.on('error', () => socket.destroy());
  socket.end(`HTTP/1.1 ${status}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`);
};

/** Hands upgrades on while `isOpen`, and refuses them with 503 at other times. */
export const takeUpgrades = (server: Server, upgrades: readonly Upgrade[], isOpen: () => boolean): void => {
  if (upgrades.length === 0) return;
  server.on('upgrade', (req: IncomingMessage, socket: Duplex, head: Buffer) => {
    const taker = takerOf(upgrades, req);
    if (taker === undefined || !isOpen()) return refuseUpgrade(socket, '503 Service Unavailable');
    taker.handle(req, socket, head);
  });
};
