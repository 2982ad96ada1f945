/** A first-in first-out queue whose front can be given back to, with a cost that does not grow with its length. */

export type Fifo<Item> = {
  readonly length: number;
  push(item: Item): void;
  shift(): Item | undefined;
  peek(): Item | undefined;
  /** Takes out the first item that `fits`. Walks up to it. */
  take(fits: (item: Item) => boolean): Item | undefined;
  /** A copy of what waits, in order. */
  list(): Item[];
  /** Puts items before all others, in their order. */
  unshift(items: readonly Item[]): void;
  /** Takes everything out, in order. */
  drain(): Item[];
  /** Takes out what `keep` refuses, in order. Walks the whole queue. What `keep` itself pushes is not asked for, and stays behind the others. */
  reject(keep: (item: Item) => boolean): Item[];
};

/** Shifted places are given free when they are this many and half of the array. */
const slack = 1024;

type State<Item> = { items: (Item | undefined)[]; head: number };

const shift = <Item>(state: State<Item>): Item | undefined => {
  if (state.head === state.items.length) return undefined;
  const item = state.items[state.head];
  state.items[state.head] = undefined;
  state.head += 1;
  if (state.head === state.items.length) Object.assign(state, { items: [], head: 0 });
  else if (state.head > slack && state.head * 2 > state.items.length) compact(state, []);
  return item;
};

const compact = <Item>(state: State<Item>, before: readonly Item[]): void => {
  state.items = [...before, ...state.items.slice(state.head)];
  state.head = 0;
};

const drain = <Item>(state: State<Item>): Item[] => {
  const items = state.items.slice(state.head) as Item[];
  Object.assign(state, { items: [], head: 0 });
  return items;
};

const reject = <Item>(state: State<Item>, keep: (item: Item) => boolean): Item[] => {
  const out: Item[] = [];
  const kept = drain(state).filter((item) => keep(item) || out.push(item) === 0);
  compact(state, kept);
  return out;
};

const take = <Item>(state: State<Item>, fits: (item: Item) => boolean): Item | undefined => {
  for (let index = state.head; index < state.items.length; index += 1)
    if (fits(state.items[index]!)) return state.items.splice(index, 1)[0];
  return undefined;
};

export const createFifo = <Item>(): Fifo<Item> => {
  const state: State<Item> = { items: [], head: 0 };
  return {
    get length() {
      return state.items.length - state.head;
    },
    push: (item) => void state.items.push(item),
    shift: () => shift(state),
    peek: () => state.items[state.head],
    list: () => state.items.slice(state.head) as Item[],
    take: (fits) => take(state, fits),
    unshift: (items) => {
      if (items.length > 0) compact(state, items);
    },
    drain: () => drain(state),
    reject: (keep) => reject(state, keep),
  };
};
