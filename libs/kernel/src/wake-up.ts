/** Wakes all who wait for news, soon but not more often than every `gapMs`: what came in between is read together. */

export type WakeUp = {
  /** There is something new. */
  ring(): void;
  /** Resolves at the next wake-up, when `signal` is aborted, or after `ms`. */
  wait(ms: number, signal: AbortSignal): Promise<void>;
};

export const createWakeUp = (gapMs: number): WakeUp => {
  const waiting = new Set<() => void>();
  let lastAt = -Infinity;
  let isDue = false;
  const wake = (): void => {
    isDue = false;
    lastAt = performance.now();
    const all = [...waiting];
    waiting.clear();
    for (const resolve of all) resolve();
  };
  return {
    ring: () => {
      if (isDue) return;
      isDue = true;
      setTimeout(wake, Math.max(0, lastAt + gapMs - performance.now()));
    },
    wait: (ms, signal) =>
      new Promise((resolve) => {
        if (signal.aborted) return resolve();
        const done = (): void => {
          clearTimeout(timer);
          waiting.delete(done);
          signal.removeEventListener('abort', done);
          resolve();
        };
        const timer = setTimeout(done, ms);
        waiting.add(done);
        signal.addEventListener('abort', done, { once: true });
      }),
  };
};
