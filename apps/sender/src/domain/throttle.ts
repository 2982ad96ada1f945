/** A server that asks to go slower: it rests for a while, and its rate is cut and grows again minute by minute. */
import { createWindow, type Window } from './limits-window.ts';

export type Throttle = {
  /** Nothing goes there before this time. */
  until: number;
  /** Rests in a row: each is twice as long. */
  times: number;
  /** Factor on its rate, 1 = none. */
  factor: number;
  /** When the factor changed last, or when it was asked for again. */
  changedAt: number;
  /** Messages a second it got before it asked for the first time; for a server without a declared rate. */
  usual: number;
  /** Conversations that began. */
  readonly begins: Window;
};

const baseMs = 2000;
const maxMs = 60_000;
/** No server can send itself away for longer. */
const longestAskedMs = 15 * 60_000;
const cut = 0.7;
/** It never stands still for good. */
const leastFactor = 0.05;
/** A server that has just begun, or had little to do, says little about what it can bear. Messages a second. */
const leastUsual = 10;
const step = 0.05;
const quietMs = 60_000;

export const createThrottle = (): Throttle => ({
  until: -Infinity,
  times: 0,
  factor: 1,
  changedAt: -Infinity,
  usual: 0,
  begins: createWindow(),
});

/** It rests for `retryAfterMs` when it asked for that. False when the answer was on its way while the server rests already: answers to one push count once. */
export const slowDown = (throttle: Throttle, now: number, retryAfterMs = 0): boolean => {
  if (now < throttle.until) return false;
  if (throttle.factor === 1) throttle.usual = Math.max(leastUsual, throttle.begins.perSecond(now));
  const rest = Math.min(maxMs, baseMs * 2 ** throttle.times);
  throttle.until = now + Math.max(rest, Math.min(longestAskedMs, retryAfterMs));
  throttle.times += 1;
  throttle.factor = Math.max(leastFactor, throttle.factor * cut);
  throttle.changedAt = now;
  return true;
};

/** A twentieth more for each minute in which it did not ask again. True when the factor has changed. */
export const recover = (throttle: Throttle, now: number): boolean => {
  if (throttle.factor === 1 || now - throttle.changedAt < quietMs) return false;
  throttle.factor = Math.min(1, throttle.factor + step);
  throttle.changedAt = now;
  return true;
};
