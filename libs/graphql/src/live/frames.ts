/** Streams of frames. */
import { createEndable, type Endable } from './endable.ts';
import type { ResultStream } from './event-results.ts';
import { toFrame, type Frame, type Origin } from './frame.ts';

export type Frames = Endable<Frame>;

export const framesOf = (results: ResultStream, origin: Origin): Frames =>
  createEndable({
    next: async () => {
      const { done, value } = await results.next();
      return done === true ? undefined : toFrame(value, origin);
    },
    close: () => results.end(),
  });

/** A stream that is still to be opened. */
export const later = (opening: Promise<Frames>): Frames =>
  createEndable({
    next: async () => (await (await opening).next()).value,
    close: () => void opening.then((frames) => frames.end()),
  });
