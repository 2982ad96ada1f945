/** A stream that pays for each value before it is asked for: who has nothing left waits until there is enough. */
import { createEndable, type Endable } from './endable.ts';

/** Milliseconds until it can be paid; 0 = it is paid. */
export type Pay = () => number;

/** The first value is paid already. */
export const paced = <Value>(stream: Endable<Value>, pay: Pay): Endable<Value> => {
  const gone = Promise.withResolvers<undefined>();
  let timer: NodeJS.Timeout | undefined;
  let isFirst = true;
  const wait = (ms: number): Promise<unknown> =>
    Promise.race([gone.promise, new Promise((resolve) => (timer = setTimeout(resolve, ms)))]);
  return createEndable({
    next: async () => {
      for (let ms = isFirst ? 0 : pay(); ms > 0; ms = pay()) {
        await wait(ms);
        if (timer === undefined) return undefined;
      }
      isFirst = false;
      return (await stream.next()).value;
    },
    close: () => {
      clearTimeout(timer);
      timer = undefined;
      gone.resolve(undefined);
      stream.end();
    },
  });
};
