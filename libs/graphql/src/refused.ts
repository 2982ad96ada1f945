/** Expected refusals of a mutation are data: one member of its result union, the same in every service. */
import type { Refusal } from '@sendpool/contracts';

type UserError = { code: Refusal['code']; message: string; path: string[] | null };

export type Refused = { __typename: 'Refused'; errors: UserError[] };

export const refused = (errors: readonly Refusal[]): Refused => ({
  __typename: 'Refused',
  errors: errors.map(({ code, message, path }) => ({ code, message, path: path && [...path] })),
});
