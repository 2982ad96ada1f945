/** A result as text, once for all who get it: masked like an answer on HTTP, and what is masked goes to the log. */
import type { ExecutionResult, GraphQLError, GraphQLFormattedError } from 'graphql';
import type { GraphQLLog } from '../apollo.ts';
import { causeOf, formatError, isHidden } from '../errors.ts';

export type Frame = {
  /** `{ data, errors }` as JSON. */
  readonly text: string;
  /** Of a stream that has failed: this is its last frame, and there is no data. */
  readonly failure?: readonly GraphQLFormattedError[];
  /** The cursor behind it, where the client asks for one. */
  readonly place?: string | undefined;
};

/** Whose result it is, for the log and for the client to ask about. */
export type Origin = { log: GraphQLLog; requestId: string; operationName: string | undefined };

/** Errors as a client may see them. */
export const presentErrors = (
  errors: readonly GraphQLError[],
  { log, requestId, operationName }: Origin,
): GraphQLFormattedError[] =>
  errors.map((error) => {
    const formatted = formatError(error.toJSON(), error);
    if (!isHidden(error)) return formatted;
    const { path } = error;
    const fields = { error: causeOf(error), path, operationName, requestId };
    log.error(fields, 'a request failed for a reason that its client does not see');
    return { ...formatted, extensions: { ...formatted.extensions, requestId } };
  });

/** `endCursor` of the one field of a subscription. */
const placeIn = (data: ExecutionResult['data']): string | undefined => {
  const page: unknown = Object.values(data ?? {})[0];
  const isPage = typeof page === 'object' && page !== null && 'endCursor' in page;
  return isPage && typeof page.endCursor === 'string' ? page.endCursor : undefined;
};

export const toFrame = ({ data, errors }: ExecutionResult, origin: Origin): Frame => {
  if (errors === undefined) return { text: JSON.stringify({ data }), place: placeIn(data) };
  const shown = presentErrors(errors, origin);
  if (data === undefined) return { text: JSON.stringify({ errors: shown }), failure: shown };
  return { text: JSON.stringify({ errors: shown, data }), place: placeIn(data) };
};

const failures = {
  SLOW_CONSUMER:
    'Events came faster than they were read, and the stream has ended: come again with the last cursor that you have',
  UNAUTHENTICATED: 'The key of this stream has expired or was revoked: come again with a valid one',
  UNAVAILABLE: 'This server stops: come again, with the last cursor that you have where there is one',
} as const;

/** The last frame of a stream that this process ends by itself. */
export const endingFrame = (code: keyof typeof failures): Frame => {
  const failure = [{ message: failures[code], extensions: { code } }];
  return { text: JSON.stringify({ errors: failure }), failure };
};
