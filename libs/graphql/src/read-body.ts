/** Reads the body of a request into memory, within bounds of size and time. */
import type { IncomingMessage } from 'node:http';
import type { BodyRoom } from './body-room.ts';

export type ReadBody = { ok: true; body: Buffer } | { ok: false; reason: 'TOO_LARGE' | 'NOT_COMPLETE' | 'NO_ROOM' };

const bodyTimeoutMs = 30_000;

const anyRoom: BodyRoom = { take: () => true, give: () => undefined, end: () => undefined };

/** NOT_COMPLETE: the client went away, or the body took longer than 30 seconds. Never rejects. */
export const readBody = (req: IncomingMessage, maxBytes: number, room: BodyRoom = anyRoom): Promise<ReadBody> => {
  if (Number(req.headers['content-length'] ?? 0) > maxBytes) return Promise.resolve({ ok: false, reason: 'TOO_LARGE' });
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let size = 0;
    let ended = false;
    const end = (result: ReadBody): void => {
      ended = true;
      chunks.length = 0;
      room.end();
      clearTimeout(timer);
      resolve(result);
    };
    const timer = setTimeout(() => end({ ok: false, reason: 'NOT_COMPLETE' }), bodyTimeoutMs);
    req.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (ended) return;
      if (size > maxBytes) end({ ok: false, reason: 'TOO_LARGE' });
      else if (room.take(chunk.length)) chunks.push(chunk);
      else end({ ok: false, reason: 'NO_ROOM' });
    });
    req.once('end', () => end({ ok: true, body: Buffer.concat(chunks) }));
    req.once('close', () => end({ ok: false, reason: 'NOT_COMPLETE' }));
  });
};
