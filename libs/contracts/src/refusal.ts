/** Expected refusals are values: what is wrong, what to do, and which part of the input it is about. The same in every service. */

export type Refusal = {
  readonly code: 'BAD_INPUT' | 'NOT_FOUND' | 'CONFLICT';
  readonly message: string;
  /** Path into the input, as in `['input', 'members', '0', 'weight']`; null when it is about the whole input. */
  readonly path: readonly string[] | null;
};

/** What was asked for, or everything that is wrong with it in one answer. */
export type Result<T> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly errors: readonly Refusal[] };
