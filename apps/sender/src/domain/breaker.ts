/**
 * Takes a sending server out of choice after failures in a row, probes it beside the mail, and lets it back in slowly.
 * One breaker for each sender process and server; it knows only what this process saw.
 */
import type { BreakerState } from '@sendpool/contracts';

export type BreakerLimits = {
  /** Failures in a row that open it. */
  failures: number;
  /** First time it stays open; k times that after k openings in a row. Milliseconds. */
  baseMs: number;
  maxMs: number;
  /** Share by which the time varies both ways, so that senders do not probe all at once. */
  jitter: number;
  /** How long the weight grows from a tenth to the whole after a probe that passed. */
  slowStartMs: number;
};

/** Shape and numbers of Envoy's outlier ejection, with a shorter base: recovery is then found within about half a minute. */
export const breakerLimits: BreakerLimits = {
  failures: 5,
  baseMs: 10_000,
  maxMs: 300_000,
  jitter: 0.15,
  slowStartMs: 60_000,
};

/** A server lost on the way after the final dot is a weaker sign than one that refuses to talk. */
export const doubtfulFailure = 0.5;

export type Breaker = {
  /** SLOW_START ends by itself; OPEN stays until a probe begins. */
  state(now: number): BreakerState;
  /** When an open breaker wants its probe; null when it is not open. */
  until(): number | null;
  /** Factor on the weight: 0 while it is open or probed, a tenth to 1 in slow start, else 1. */
  factor(now: number): number;
  /** A failed connection or conversation under server revision `revision`; one of an older revision says nothing. Weight 1 unless doubtful. */
  failed(revision: number, now: number, weight?: number): void;
  succeeded(revision: number, now: number): void;
  /** True when it is time to probe; the breaker is then HALF_OPEN until `probed`. */
  beginProbe(now: number): boolean;
  /** The answer to a probe under `revision`. */
  probed(revision: number, passed: boolean, now: number): void;
  /** Another sender has found it broken: for a minute one failure is enough here. This alone never opens it. */
  warn(now: number): void;
  /** The server was changed: what was learnt about it does not count any more. */
  renew(revision: number): void;
};

type State = {
  revision: number;
  kind: BreakerState;
  failures: number;
  /** Openings in a row, one less for each healthy `baseMs`. */
  openings: number;
  until: number;
  slowStartAt: number;
  healthySince: number;
  warnedUntil: number;
};

const least = 0.1;

const fresh = (revision: number): State => ({
  revision,
  kind: 'CLOSED',
  failures: 0,
  openings: 0,
  until: 0,
  slowStartAt: 0,
  healthySince: 0,
  warnedUntil: -Infinity,
});

/** A sender whose own network is broken must not take a server from all the others; it may only make them look sooner. */
const warnedMs = 60_000;

const threshold = ({ warnedUntil }: State, now: number, { failures }: BreakerLimits): number =>
  now < warnedUntil ? Math.min(1, failures) : failures;

const open = (state: State, now: number, deps: { limits: BreakerLimits; random(): number }): void => {
  const { baseMs, maxMs, jitter } = deps.limits;
  state.openings += 1;
  state.kind = 'OPEN';
  state.failures = 0;
  state.until = now + Math.min(maxMs, baseMs * state.openings) * (1 + jitter * (2 * deps.random() - 1));
};

const settle = (state: State, now: number, limits: BreakerLimits): void => {
  if (state.kind === 'SLOW_START' && now >= state.slowStartAt + limits.slowStartMs) state.kind = 'CLOSED';
};

const forgive = (state: State, now: number, limits: BreakerLimits): void => {
  state.failures = 0;
  const periods = Math.floor((now - state.healthySince) / limits.baseMs);
  if (periods <= 0) return;
  state.openings = Math.max(0, state.openings - periods);
  state.healthySince += periods * limits.baseMs;
};

const isClosed = (state: State): boolean => state.kind === 'CLOSED' || state.kind === 'SLOW_START';

const letIn = (state: State, now: number): void => {
  state.kind = 'SLOW_START';
  state.failures = 0;
  state.slowStartAt = now;
  state.healthySince = now;
};

export const createBreaker = (
  revision: number,
  limits: BreakerLimits = breakerLimits,
  random: () => number = Math.random,
): Breaker => {
  let state = fresh(revision);
  const deps = { limits, random };
  return {
    state: (now) => {
      settle(state, now, limits);
      return state.kind;
    },
    until: () => (state.kind === 'OPEN' ? state.until : null),
    factor: (now) => {
      if (state.kind === 'CLOSED') return 1;
      if (state.kind !== 'SLOW_START') return 0;
      return Math.min(1, Math.max(least, (now - state.slowStartAt) / limits.slowStartMs));
    },
    failed: (of, now, weight = 1) => {
      if (of !== state.revision || !isClosed(state)) return;
      state.failures += weight;
      state.healthySince = now;
      if (state.failures >= threshold(state, now, limits)) open(state, now, deps);
    },
    succeeded: (of, now) => {
      if (of === state.revision && isClosed(state)) forgive(state, now, limits);
    },
    beginProbe: (now) => {
      if (state.kind !== 'OPEN' || now < state.until) return false;
      state.kind = 'HALF_OPEN';
      return true;
    },
    probed: (of, passed, now) => {
      if (of !== state.revision || state.kind !== 'HALF_OPEN') return;
      if (passed) letIn(state, now);
      else open(state, now, deps);
    },
    warn: (now) => {
      state.warnedUntil = now + warnedMs;
    },
    renew: (next) => {
      if (next !== state.revision) state = fresh(next);
    },
  };
};
