/** What happens to a request before its document is read: the key pays, and the id of a document becomes the document. */
import type { Actor } from '@sendpool/contracts';
import { GraphQLError } from 'graphql';
import type { Budget } from './budget.ts';
import { limits } from './limits.ts';
import type { Resolved } from './persisted.ts';

/** `request` is what a client sent: any JSON. */
export type Intake = (request: unknown, actor: Actor) => Resolved;

export type IntakeOptions = { begin: Budget['begin']; resolve: (body: unknown) => Resolved };

/** A comment is no token, and a name may be of any length: only this bounds what the parser reads. */
const sizeFault = (body: unknown): GraphQLError | undefined => {
  const query = typeof body === 'object' && body !== null && 'query' in body ? body.query : undefined;
  if (typeof query !== 'string' || query.length <= limits.documentLength) return undefined;
  const message = `The document is longer than ${limits.documentLength} characters: send long values as variables`;
  return new GraphQLError(message, { extensions: { code: 'BAD_REQUEST' } });
};

export const createIntake =
  ({ begin, resolve }: IntakeOptions): Intake =>
  (request, actor) => {
    const error = begin(actor) ?? sizeFault(request);
    return error === undefined ? resolve(request) : { ok: false, error };
  };
