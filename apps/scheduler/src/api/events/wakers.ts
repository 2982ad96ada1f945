/** Sleep of each lane, ended by what may give it work; small amounts of room are gathered, so that slices stay large. */
import { sleep } from '@sendpool/kernel';

export type Wakers = {
  /** Resolves after `ms`, or earlier when the lane is woken; at once when it was woken since its last sleep. */
  idle(lane: number, ms: number): Promise<void>;
  wake(lane: number): void;
  wakeAll(): void;
  /** `count` publications of the lane were settled: wakes it at once when there is room for half a slice, else a little later. */
  settled(lane: number, count: number): void;
};

/** Room for so many is worth a slice at once. */
const enough = 256;
/** Less than that waits so long, milliseconds. */
const gatherMs = 400;

type Waker = { woken: boolean; sleeper: AbortController; room: number; timer: NodeJS.Timeout | undefined };

const createWaker = (): Waker => ({ woken: false, sleeper: new AbortController(), room: 0, timer: undefined });

const wake = (waker: Waker): void => {
  clearTimeout(waker.timer);
  waker.timer = undefined;
  waker.room = 0;
  waker.woken = true;
  waker.sleeper.abort();
};

const idle = async (waker: Waker, ms: number): Promise<void> => {
  waker.sleeper = new AbortController();
  if (!waker.woken) await sleep(ms, waker.sleeper.signal);
  waker.woken = false;
};

const settled = (waker: Waker, count: number): void => {
  waker.room += count;
  if (waker.room >= enough) wake(waker);
  else waker.timer ??= setTimeout(() => wake(waker), gatherMs);
};

export const createWakers = (): Wakers => {
  const wakers = new Map<number, Waker>();
  const of = (lane: number): Waker => {
    const waker = wakers.get(lane) ?? createWaker();
    wakers.set(lane, waker);
    return waker;
  };
  return {
    idle: (lane, ms) => idle(of(lane), ms),
    wake: (lane) => wake(of(lane)),
    wakeAll: () => {
      for (const waker of wakers.values()) wake(waker);
    },
    settled: (lane, count) => {
      if (count > 0) settled(of(lane), count);
    },
  };
};
