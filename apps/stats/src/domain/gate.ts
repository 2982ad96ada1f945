/** Lets so many pieces of work run at the same time; the others wait for their turn. */

export type Gate = <Result>(work: () => Promise<Result>) => Promise<Result>;

export const createGate = (limit: number): Gate => {
  const waiting: (() => void)[] = [];
  let running = 0;
  const leave = (): void => {
    const next = waiting.shift();
    if (next === undefined) running -= 1;
    else next();
  };
  return async (work) => {
    if (running === limit) await new Promise<void>((resolve) => waiting.push(resolve));
    else running += 1;
    try {
      return await work();
    } finally {
      leave();
    }
  };
};
