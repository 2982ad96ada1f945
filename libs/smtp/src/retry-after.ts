/** "Try again in 5 minutes": how long a refusing reply asks to stay away. */

const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;

/** What is asked for is held within these bounds, milliseconds. */
const retryAfterBounds = { min: second, max: 24 * hour };

const units: readonly (readonly [RegExp, number])[] = [
  [/^h/i, hour],
  [/^m/i, minute],
  [/^s?/i, second],
];

const unitMs = (unit: string): number => units.find(([pattern]) => pattern.test(unit))![1];

/** Words after which a time is one to wait, not one that has passed. */
const lead =
  '(?:(?:try|retry|resend|reconnect|send|come|connect|again|back|later|delayed?|deferred|grey-?listed|gray-?listed|throttled|wait(?:ing)?|blocked|limited)' +
  '(?:\\s+(?:it|again|back|later|your|the|message|mail|please|at least|time))*[,:;.]?\\s*(?:in|after|for|within|at least|another|=|:)?\\s*(?:about\\s+|at least\\s+|another\\s+)?' +
  '|retry[-_ ]?(?:after|in)?\\s*[=:]\\s*|(?:in|after) (?:about |at least |another )?)';

const amount = new RegExp(
  `${lead}(\\d{1,6})\\s*-?\\s*(hours?|hrs?|h|minutes?|mins?|m|seconds?|secs?|s)\\b(?:\\s*(?:and\\s*)?(\\d{1,2})\\s*(seconds?|secs?|s|minutes?|mins?|m)\\b)?`,
  'i',
);
const bare = /retry[-_ ]?(?:after|in)?\s*[=:]\s*(\d{1,6})\b|retry[- ]after\s+(\d{1,6})\b(?!\s*[a-z])/i;
const clock = new RegExp(`${lead}(\\d{1,2}):(\\d{2})(?::(\\d{2}))?\\b`, 'i');

const inAmount = (text: string): number | undefined => {
  const found = amount.exec(text);
  if (found === null) return undefined;
  const [, first, unit, more, moreUnit] = found;
  return Number(first) * unitMs(unit!) + (more === undefined ? 0 : Number(more) * unitMs(moreUnit!));
};

const inBare = (text: string): number | undefined => {
  const found = bare.exec(text);
  return found === null ? undefined : Number(found[1] ?? found[2]) * second;
};

/** `00:04:59` or `04:59`. */
const inClock = (text: string): number | undefined => {
  const found = clock.exec(text);
  if (found === null) return undefined;
  const [, a, b, c] = found;
  return c === undefined
    ? Number(a) * minute + Number(b) * second
    : Number(a) * hour + Number(b) * minute + Number(c) * second;
};

/** Milliseconds to wait, between 1 second and 24 hours; undefined when the text names no time. */
export const retryAfterOf = (text: string): number | undefined => {
  const asked = inClock(text) ?? inAmount(text) ?? inBare(text);
  if (asked === undefined) return undefined;
  return Math.min(retryAfterBounds.max, Math.max(retryAfterBounds.min, asked));
};
