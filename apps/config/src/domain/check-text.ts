/** Checks of single values, shared by servers and pools. */
import { bad, good, type Checked } from './result.ts';

/** True when the text holds a control character; CR and LF among them would break out of an SMTP line or a header. */
// eslint-disable-next-line no-control-regex -- finding control characters is the point
const hasControl = (text: string): boolean => /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/.test(text);

/** A free text of at most 100 characters; empty is the same as none. */
export const checkRole = (text: string | null): Checked<string | null> => {
  const role = text?.trim() ?? '';
  if (role.length > 100) return bad(`A role has at most 100 characters; this one has ${role.length}.`);
  if (hasControl(role)) return bad('A role is one line; take out line breaks and control characters.');
  return good(role === '' ? null : role);
};

/** A user name or a password: kept as it is, but one line. `what` opens the message. */
export const checkCredential = (what: string, text: string): Checked<string> => {
  if (text.length === 0) return bad(`${what} is empty; give one, or null for none.`);
  if (text.length > 1024) return bad(`${what} has at most 1,024 characters.`);
  if (hasControl(text)) return bad(`${what} is one line; take out line breaks and control characters.`);
  return good(text);
};

/** What there must be one of. One that is left out never comes here: it keeps its value, or has its default. */
export const checkGiven = <T>(value: T | null, check: (value: T) => Checked<T> = good): Checked<T> =>
  value === null ? bad('It cannot be null. Give a value, or leave the field out.') : check(value);

export const checkWhole = (value: number, [least, most]: readonly [number, number]): Checked<number> =>
  Number.isInteger(value) && value >= least && value <= most
    ? good(value)
    : bad(`Give a whole number from ${least.toLocaleString('en')} to ${most.toLocaleString('en')}, not ${value}.`);
