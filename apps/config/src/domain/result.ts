/** Refusals as values: what is wrong, where, and what to do, all of them in one answer. */
import type { Refusal, Result } from '@sendpool/contracts';

export type { Refusal, Result };

/** One value looked at by itself: normalised, or what is wrong with it. */
export type Checked<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly message: string };

export const good = <T>(value: T): { readonly ok: true; readonly value: T } => ({ ok: true, value });
export const bad = (message: string): Checked<never> => ({ ok: false, message });

export const refuse = (code: Refusal['code'], message: string, path: readonly string[] | null = null) =>
  ({ ok: false, errors: [{ code, message, path }] }) as const satisfies Result<never>;

export type Faults = {
  readonly errors: Refusal[];
  /** Notes a fault of the input at `path`. */
  add(path: readonly string[], message: string): void;
  /** The checked value; when the check refused, notes why and gives `fallback`, which is then never used. */
  take<T>(path: readonly string[], checked: Checked<T>, fallback: T): T;
};

/** What was given, null included; `stored` when it was left out. */
export const kept = <T>(value: T | undefined, stored: T): T => (value === undefined ? stored : value);

/** Collects the faults of one input; paths are given without the leading `input`. */
export const createFaults = (): Faults => {
  const errors: Refusal[] = [];
  const add = (path: readonly string[], message: string): void => {
    errors.push({ code: 'BAD_INPUT', message, path: ['input', ...path] });
  };
  const take = <T>(path: readonly string[], checked: Checked<T>, fallback: T): T => {
    if (checked.ok) return checked.value;
    add(path, checked.message);
    return fallback;
  };
  return { errors, add, take };
};
