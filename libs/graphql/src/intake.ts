/** What happens to a request before its document is read: the key pays, and the id of a document becomes the document. */
import type { Actor } from '@sendpool/contracts';
import { GraphQLError, parse, validate, type DocumentNode, type GraphQLSchema } from 'graphql';
import type { Budget } from './budget.ts';
import { boundingRules, limits } from './limits.ts';
import { codeOf, type GraphQLObserver } from './observer.ts';
import type { Resolved } from './persisted.ts';

/** `request` is what a client sent: any JSON. */
export type Intake = (request: unknown, actor: Actor) => Resolved;

export type IntakeOptions = { schema: GraphQLSchema; begin: Budget['begin']; resolve: (body: unknown) => Resolved };

/** A shorter document costs little, whatever is in it. */
const worthALook = 1000;

const parseOrNot = (query: string): DocumentNode | undefined => {
  try {
    return parse(query, { maxTokens: limits.tokens });
  } catch {
    return undefined;
  }
};

/** The rules of GraphQL compare fields and fragments each with each: what bounds their work comes before them. */
const boundsFault = (query: string, schema: GraphQLSchema): GraphQLError | undefined => {
  const document = query.length < worthALook ? undefined : parseOrNot(query);
  const [fault] = document === undefined ? [] : validate(schema, document, boundingRules, { maxErrors: 1 });
  return (
    fault &&
    new GraphQLError(fault.message, { nodes: fault.nodes ?? null, extensions: { code: 'GRAPHQL_VALIDATION_FAILED' } })
  );
};

const documentOf = (body: unknown): string => {
  const query = typeof body === 'object' && body !== null && 'query' in body ? body.query : undefined;
  return typeof query === 'string' ? query : '';
};

/** About the characters of the variables as JSON. Without recursion: they may be of any depth. */
const valuesLength = (body: unknown): number => {
  const left: unknown[] = [typeof body === 'object' && body !== null && 'variables' in body ? body.variables : ''];
  let length = 0;
  while (left.length > 0) {
    const value = left.pop();
    length += typeof value === 'string' ? value.length + 2 : 2;
    if (typeof value !== 'object' || value === null) continue;
    for (const [name, inner] of Object.entries(value)) {
      if (!Array.isArray(value)) length += name.length;
      left.push(inner);
    }
  }
  return length;
};

/** A comment is no token, and a name may be of any length: only the length bounds what the parser reads. */
const documentFault = (query: string, schema: GraphQLSchema): GraphQLError | undefined => {
  if (query.length <= limits.documentLength) return boundsFault(query, schema);
  const message = `The document is longer than ${limits.documentLength} characters: send long values as variables`;
  return new GraphQLError(message, { extensions: { code: 'BAD_REQUEST' } });
};

export const createIntake =
  ({ schema, begin, resolve }: IntakeOptions): Intake =>
  (request, actor) => {
    const query = documentOf(request);
    const error =
      begin(actor, { document: query.length, values: valuesLength(request) }) ?? documentFault(query, schema);
    return error === undefined ? resolve(request) : { ok: false, error };
  };

/** The same, and what it refuses is counted. */
export const countRefusals =
  (intake: Intake, { answered }: GraphQLObserver): Intake =>
  (request, actor) => {
    const taken = intake(request, actor);
    if (!taken.ok) answered?.({ operation: 'none', code: codeOf(taken.error), seconds: 0 });
    return taken;
  };
