/** Lets a loop sleep until something may have changed. */

export type Bell = {
  ring(): void;
  /** Resolves at the next ring (at once when it rang since the last wait), or after `ms`. */
  wait(ms: number): Promise<void>;
};

export const createBell = (): Bell => {
  let isRung = false;
  let wake: (() => void) | undefined;
  return {
    ring: () => {
      isRung = true;
      wake?.();
    },
    wait: async (ms) => {
      if (!isRung) {
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, ms);
          wake = () => {
            clearTimeout(timer);
            resolve();
          };
        });
      }
      isRung = false;
      wake = undefined;
    },
  };
};
