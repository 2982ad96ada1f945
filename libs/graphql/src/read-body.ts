/** Reads the body of a request into memory, within bounds of size and time. */
import type { IncomingMessage } from 'node:http';

export type ReadBody = { ok: true; body: Buffer } | { ok: false; reason: 'TOO_LARGE' | 'NOT_COMPLETE' };

const bodyTimeoutMs = 30_000;

/** NOT_COMPLETE: the client went away, or the body took longer than 30 seconds. Never rejects. */
export const readBody = (req: IncomingMessage, maxBytes: number): Promise<ReadBody> => {
  if (Number(req.headers['content-length'] ?? 0) > maxBytes) return Promise.resolve({ ok: false, reason: 'TOO_LARGE' });
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const end = (result: ReadBody): void => {
      clearTimeout(timer);
      resolve(result);
    };
    const timer = setTimeout(() => end({ ok: false, reason: 'NOT_COMPLETE' }), bodyTimeoutMs);
    req.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size > maxBytes) end({ ok: false, reason: 'TOO_LARGE' });
      else chunks.push(chunk);
    });
    req.once('end', () => end({ ok: true, body: Buffer.concat(chunks) }));
    req.once('close', () => end({ ok: false, reason: 'NOT_COMPLETE' }));
  });
};
