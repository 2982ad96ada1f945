/** Writes a stream as server-sent events (GraphQL over SSE, distinct connections), no faster than its client reads. */
import type { ServerResponse } from 'node:http';
import type { Frames } from './frames.ts';

/** Proxies close what is silent; a gateway takes a service that says nothing for 30 s for dead. */
const beatMs = 12_000;
/** A client that reads nothing for so long is cut off. */
const stallMs = 30_000;

const headers = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-store',
  // For proxies that would collect what is to arrive at once.
  'x-accel-buffering': 'no',
};

/** When there is room again, or the connection is gone. */
const drained = (res: ServerResponse): Promise<void> =>
  new Promise((resolve) => {
    const timer = setTimeout(() => res.destroy(), stallMs);
    const go = (): void => {
      clearTimeout(timer);
      res.off('drain', go).off('close', go);
      resolve();
    };
    res.once('drain', go).once('close', go);
  });

const write = async (res: ServerResponse, text: string): Promise<void> => {
  if (!res.destroyed && !res.write(text)) await drained(res);
};

const end = (res: ServerResponse): void => {
  if (res.destroyed) return;
  const timer = setTimeout(() => res.destroy(), stallMs);
  res.once('close', () => clearTimeout(timer));
  res.end('event: complete\ndata: \n\n');
};

/** Resolves when the stream has ended or its client has gone; the stream is closed then. `pushed` is told of each event. */
export const writeEvents = async (
  res: ServerResponse,
  frames: Frames,
  pushed: () => void = () => {},
): Promise<void> => {
  const leave = (): void => frames.end();
  res.once('close', leave);
  if (res.destroyed) leave();
  for (const [name, value] of Object.entries(headers)) res.setHeader(name, value);
  res.statusCode = 200;
  // Some browsers do not take headers without a byte of body.
  await write(res, ':\n\n');
  const beat = setInterval(() => res.writableNeedDrain || res.write(':\n\n'), beatMs);
  try {
    for await (const { text } of frames) {
      await write(res, `event: next\ndata: ${text}\n\n`);
      pushed();
    }
  } finally {
    clearInterval(beat);
    res.off('close', leave);
    frames.end();
  }
  end(res);
};
