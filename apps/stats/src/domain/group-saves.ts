/** Group commit: while one save runs, the changes of other lanes wait and go together in the next one. */
import type { CountStore, LaneChange } from './count-events.ts';

/** The same store with grouped saves. One that fails, fails for every change in its group; nothing of the group is stored then. */
export const groupSaves = (store: CountStore): CountStore => {
  let waiting: { changes: readonly LaneChange[]; done: PromiseWithResolvers<void> }[] = [];
  let running = false;
  const saveWaiting = async (): Promise<void> => {
    running = true;
    while (waiting.length > 0) {
      const group = waiting;
      waiting = [];
      await store.save(group.flatMap(({ changes }) => changes)).then(
        () => group.forEach(({ done }) => done.resolve()),
        (error: unknown) => group.forEach(({ done }) => done.reject(error)),
      );
    }
    running = false;
  };
  return {
    load: (lanes) => store.load(lanes),
    rewind: (lane, from, to) => store.rewind(lane, from, to),
    save: (changes) => {
      const done = Promise.withResolvers<void>();
      waiting.push({ changes, done });
      if (!running) void saveWaiting();
      return done.promise;
    },
  };
};
