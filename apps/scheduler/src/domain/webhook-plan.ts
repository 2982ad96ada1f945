/** What becomes of a message, and of its webhook, after a try: delivered, tried again by the plan, or given up. */
import { healthy, type WebhookHealth } from './webhook.ts';

/** What came of one try. */
export type Attempt = {
  /** HTTP status; null when no answer came. */
  readonly status: number | null;
  /** First 200 characters of the answer, or why there was none. */
  readonly text: string;
  /** Retry-After of the answer, milliseconds. */
  readonly retryAfterMs: number | null;
};

/** No key here opens the secret of the webhook: nothing can be signed, and nothing was sent. */
export const unopened: Attempt = {
  status: null,
  text: 'its secret does not open under the present key: give it a new one (rotateWebhookSecret)',
  retryAfterMs: null,
};

const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;

/** Before each further try; those of the Standard Webhooks specification. */
const delays = [5 * second, 5 * minute, 30 * minute, ...[2, 5, 10, 14, 20, 24].map((hours) => hours * hour)];
/** Share of a delay that is added at random: messages that failed together come back apart. */
const jitter = 0.2;
const longestPause = 24 * hour;
/** A webhook that has failed for so long is disabled; longer than the whole plan of a message takes. */
const patience = 5 * 24 * hour;
/** While the key is changed, schedulers with the old and with the new one run beside each other; so long that is no reason to disable. */
const keyPatience = hour;

export type AfterAttempt =
  { readonly kind: 'DELIVERED' | 'FAILED' } | { readonly kind: 'RETRY'; readonly delayMs: number };

export const isSuccess = ({ status }: Attempt): boolean => status !== null && status >= 200 && status < 300;
const isGone = ({ status }: Attempt): boolean => status === 410;
const pauseOf = ({ retryAfterMs }: Attempt): number => Math.min(retryAfterMs ?? 0, longestPause);

/** `attempts`: tries so far, this one included. `random` gives numbers in [0, 1). */
export const afterAttempt = (attempt: Attempt, attempts: number, random: () => number): AfterAttempt => {
  if (isSuccess(attempt)) return { kind: 'DELIVERED' };
  const delay = delays[attempts - 1];
  if (isGone(attempt) || delay === undefined) return { kind: 'FAILED' };
  return { kind: 'RETRY', delayMs: Math.max(delay * (1 + jitter * random()), pauseOf(attempt)) };
};

const inWords = ({ status, text }: Attempt): string => (status === null ? text : `HTTP ${status} ${text}`.trim());

const disabledReason = (attempt: Attempt, since: Date, now: Date): string | null => {
  if (isGone(attempt)) return 'the receiver answered 410 Gone';
  const elapsed = now.getTime() - since.getTime();
  if (attempt === unopened && elapsed > keyPatience) return unopened.text;
  return elapsed > patience ? 'it has failed for 5 days without a success' : null;
};

/** The time that a receiver failed before says nothing of the key. */
const sinceOf = (health: WebhookHealth, attempt: Attempt, now: Date): Date =>
  attempt === unopened && health.lastError !== unopened.text ? now : (health.failingSince ?? now);

/** The health of a webhook after a try at `now`. */
export const healthAfter = (health: WebhookHealth, attempt: Attempt, now: Date): WebhookHealth => {
  if (isSuccess(attempt)) return { ...health, ...healthy, disabledReason: health.disabledReason };
  const failingSince = sinceOf(health, attempt, now);
  const reason = disabledReason(attempt, failingSince, now);
  const pause = pauseOf(attempt);
  return {
    enabled: health.enabled && reason === null,
    disabledReason: health.enabled ? reason : health.disabledReason,
    failingSince,
    lastError: inWords(attempt),
    heldUntil: pause === 0 ? health.heldUntil : new Date(now.getTime() + pause),
  };
};
