/** Growing delays with jitter between tries of the same thing. */

export type BackoffPlan = {
  firstMs: number;
  factor: number;
  maxMs: number;
  /** 0 to 1: share of the delay that is random. */ jitter: number;
};

/** Delay in milliseconds before try number `attempt` (1 = the first retry). `random` gives numbers in [0, 1). */
export const backoffDelay = (plan: BackoffPlan, attempt: number, random: () => number = Math.random): number => {
  const full = Math.min(plan.maxMs, plan.firstMs * plan.factor ** (attempt - 1));
  return full * (1 - plan.jitter) + full * plan.jitter * random();
};
