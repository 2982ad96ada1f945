/** An iterator that can be ended from outside, at once, while somebody waits for its next value: an async generator cannot. */

export type Endable<Value> = AsyncIterableIterator<Value, undefined, undefined> & {
  /** Whoever waits, or asks next, gets `last` when there is one, and then the end. Closes the source. */
  end(last?: Value): void;
  return(): Promise<IteratorResult<Value, undefined>>;
};

/** Where the values come from. */
export type Source<Value> = {
  /** Undefined at the end. Must not be called before the last call has been answered. Never rejects. */
  next(): Promise<Value | undefined>;
  /** Called once, when nobody wants another value. */
  close(): void;
};

const done = { done: true, value: undefined } as const;

export const createEndable = <Value>(source: Source<Value>): Endable<Value> => {
  let state: 'OPEN' | 'ENDED' = 'OPEN';
  let last: Value | undefined;
  let waiting: ((result: IteratorResult<Value, undefined>) => void) | undefined;

  const settle = (value: Value | undefined): void => {
    const resolve = waiting;
    waiting = undefined;
    resolve?.(value === undefined ? done : { done: false, value });
  };
  const takeLast = (): Value | undefined => {
    const value = last;
    last = undefined;
    return value;
  };
  const end = (final?: Value): void => {
    if (state === 'ENDED') return;
    state = 'ENDED';
    last = final;
    if (waiting !== undefined) settle(takeLast());
    source.close();
  };
  const fetch = async (): Promise<void> => {
    const value = await source.next();
    // What arrives after the end finds nobody waiting.
    if (state === 'ENDED') return;
    if (value === undefined) end();
    else settle(value);
  };
  const pull = (): Promise<IteratorResult<Value, undefined>> =>
    new Promise((resolve) => {
      waiting = resolve;
      void fetch();
    });
  return {
    next: () => {
      if (state === 'OPEN') return pull();
      const value = takeLast();
      return Promise.resolve(value === undefined ? done : { done: false, value });
    },
    return: () => {
      end();
      last = undefined;
      return Promise.resolve(done);
    },
    end,
    [Symbol.asyncIterator]() {
      return this;
    },
  };
};

/** A stream of these values. */
export const endableOf = <Value>(...values: Value[]): Endable<Value> =>
  createEndable({ next: async () => values.shift(), close: () => {} });
