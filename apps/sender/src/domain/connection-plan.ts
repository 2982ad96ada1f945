/**
 * How many connections a server is worth now: it starts at the share of the cap, one less at once when one is refused, one more after as
 * many successes as there are connections (1/N feedback, measured best by Postfix, SCHEDULER_README).
 */

export type ConnectionPlan = {
  /** Connections to plan with: 1 to the share; 0 only without a share. */
  readonly size: number;
  /** Other lanes or another cap. What was learnt is kept, the rest moves along. */
  setShare(share: number): void;
  /** Back to the share: the server was changed. */
  renew(): void;
  /** 421, or it could not be connected to. */
  refused(now: number): void;
  /** It took or judged a message. */
  succeeded(now: number): void;
};

/** After a refusal nothing more is asked for during this time, however many succeed: a server with a hard cap must not be knocked at for ever. */
const restMs = 1000;

export const createConnectionPlan = (): ConnectionPlan => {
  let share = 0;
  let size = 0;
  let successes = 0;
  let restsUntil = -Infinity;
  return {
    get size() {
      return size;
    },
    setShare: (next) => {
      size = size < share ? Math.max(Math.min(1, next), Math.min(size, next)) : next;
      share = next;
    },
    renew: () => {
      size = share;
      successes = 0;
    },
    refused: (now) => {
      size = Math.max(Math.min(1, share), size - 1);
      successes = 0;
      restsUntil = now + restMs;
    },
    succeeded: (now) => {
      if (size >= share || now < restsUntil) return;
      successes += 1;
      if (successes < size) return;
      successes = 0;
      size += 1;
    },
  };
};
