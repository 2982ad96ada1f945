/** One thing for all who use it: opened when the first one comes, closed a while after the last one has gone. */

type Closable = { close(): Promise<unknown> };

export type Shared<Thing> = {
  /** `leave` may be called more than once. */
  join(): Promise<{ thing: Thing; leave(): void }>;
  /** Whoever comes from now on gets a new one. */
  close(): Promise<void>;
};

/** `retire`: what is open now is of no use any more. */
export const createShared = <Thing extends Closable>(
  open: (retire: () => void) => Promise<Thing>,
  lingerMs: number,
): Shared<Thing> => {
  let current: Promise<Thing> | undefined;
  let users = 0;
  let closing: NodeJS.Timeout | undefined;
  const close = async (): Promise<void> => {
    clearTimeout(closing);
    const last = current;
    current = undefined;
    await last?.then((thing) => thing.close());
  };
  const closeQuietly = (): void => void close().catch(() => undefined);
  const opened = (): Promise<Thing> => {
    const opening = open(() => {
      if (current === opening) closeQuietly();
    });
    opening.catch(() => {
      if (current === opening) current = undefined;
    });
    return opening;
  };
  const leave = (): void => {
    users -= 1;
    if (users === 0) closing = setTimeout(closeQuietly, lingerMs).unref();
  };
  return {
    join: async () => {
      users += 1;
      clearTimeout(closing);
      const once = { leave };
      const leaveOnce = (): void => {
        once.leave();
        once.leave = () => undefined;
      };
      current ??= opened();
      try {
        return { thing: await current, leave: leaveOnce };
      } catch (error) {
        leaveOnce();
        throw error;
      }
    },
    close,
  };
};
