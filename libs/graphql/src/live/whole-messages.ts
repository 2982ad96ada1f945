/** Bounds what a known client has sent of messages that are not whole yet: without an end they would lie in memory for as long as it likes. */
import type { Duplex } from 'node:stream';
import type { WebSocket } from 'ws';
import type { BodyRoom } from '../body-room.ts';

/** Head and mask of a frame for the socket alone, which may come amidst the parts of a message. */
const controlHeadBytes = 6;

/** Calls `tooMuch` when there is no room for more. */
export const watchMessages = (socket: WebSocket, duplex: Duplex, watch: { room: BodyRoom; tooMuch(): void }): void => {
  const { room, tooMuch } = watch;
  const count = (chunk: Buffer): void => {
    if (!room.take(chunk.length)) tooMuch();
  };
  const control = (data: Buffer): void => room.give(data.length + controlHeadBytes);
  // Before the socket itself looks, so that a message that is whole gives back what it took.
  duplex.prependListener('data', count);
  socket.on('message', room.end).on('ping', control).on('pong', control);
  socket.once('close', () => {
    duplex.off('data', count);
    room.end();
  });
};
