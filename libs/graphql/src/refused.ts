/** Expected refusals of a mutation are data: one member of its result union, the same in every service. */

export type UserError = {
  code: 'BAD_INPUT' | 'NOT_FOUND' | 'CONFLICT';
  /** What is wrong and what to do. */
  message: string;
  /** Path into the arguments, as in `['input', 'name']`; null when it is about the whole input. */
  path: string[] | null;
};

export type UserErrorInput = Omit<UserError, 'path'> & { path?: readonly string[] | null };

export type Refused = { __typename: 'Refused'; errors: UserError[] };

export const refused = (errors: readonly UserErrorInput[]): Refused => ({
  __typename: 'Refused',
  errors: errors.map(({ code, message, path }) => ({ code, message, path: path ? [...path] : null })),
});
