/**
 * How many messages may move on to another server: a fifth of what is sent, and ten a second for those who send little (Finagle's retry
 * budget). When much fails, trying everything three times would triple the load just when the servers can bear the least.
 */
import { createWindow } from './limits-window.ts';

export type RetryBudget = {
  /** A conversation begins. */
  sent(now: number): void;
  /** True when one more message may move on; it is counted then. */
  take(now: number): boolean;
};

const shareOfSends = 0.2;
/** Ten a second, in the ten seconds that are looked at. */
const atLeast = 100;

export const createRetryBudget = (): RetryBudget => {
  const sends = createWindow();
  const hops = createWindow();
  return {
    sent: (now) => sends.add(now),
    take: (now) => {
      if (hops.count(now) + 1 > shareOfSends * sends.count(now) + atLeast) return false;
      hops.add(now);
      return true;
    },
  };
};
