/**
 * Whether an operation of a client may be run: one judgement for HTTP, server-sent events and WebSocket. On HTTP Apollo parses and
 * validates by the same `rules` and `parseOptions`, and then asks the same `check`.
 */
import type { Actor } from '@sendpool/contracts';
import {
  getOperationAST,
  GraphQLError,
  NoSchemaIntrospectionCustomRule,
  parse,
  specifiedRules,
  validate,
  type DocumentNode,
  type GraphQLSchema,
  type ParseOptions,
  type ValidationRule,
} from 'graphql';
import { variableFaults } from './check-variables.ts';
import type { Intake } from './intake.ts';
import { boundingRules, limits } from './limits.ts';

export type Operation = {
  document: DocumentNode;
  operationName: string | undefined;
  variables: Record<string, unknown>;
};

/** What is wrong with an operation that is valid by itself; empty when it may be run now. */
export type Check = (operation: Operation, actor: Actor) => readonly GraphQLError[];

export type Admitted = { ok: true; operation: Operation } | { ok: false; errors: readonly GraphQLError[] };

export type Admission = {
  readonly rules: readonly ValidationRule[];
  readonly parseOptions: ParseOptions;
  /** Values of variables first; then the checks of the door, each of which may count what it lets in. */
  check: Check;
  /** `request` is what a client sent: any JSON. */
  admit(request: unknown, actor: Actor): Admitted;
};

export type AdmissionOptions = {
  schema: GraphQLSchema;
  /** Asked before the document is read. On HTTP the handler asks it. */
  intake?: Intake | undefined;
  /** Beside those of the GraphQL specification. */
  rules?: readonly ValidationRule[];
  maxTokens?: number | undefined;
  checks?: readonly Check[] | undefined;
};

/** The rules of the public door. */
export const publicRules = (introspection: boolean): ValidationRule[] => [
  ...boundingRules,
  ...(introspection ? [] : [NoSchemaIntrospectionCustomRule]),
];

class Refused extends Error {
  readonly errors: readonly GraphQLError[];
  constructor(errors: readonly GraphQLError[]) {
    super('refused');
    this.errors = errors;
  }
}

const refusal = (code: string, message: string): Refused =>
  new Refused([new GraphQLError(message, { extensions: { code } })]);

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isMissing = (value: unknown): value is undefined | null => value === undefined || value === null;

type Asked = Omit<Operation, 'document'> & { query: string };

const readRequest = (request: unknown): Asked => {
  const { query, operationName, variables } = isRecord(request) ? request : {};
  if (typeof query !== 'string' || query === '') throw refusal('BAD_REQUEST', 'Send the operation as `query`, a text');
  if (!isMissing(operationName) && typeof operationName !== 'string')
    throw refusal('BAD_REQUEST', '`operationName` must be a text');
  if (!isMissing(variables) && !isRecord(variables)) throw refusal('BAD_REQUEST', '`variables` must be an object');
  return { query, operationName: operationName ?? undefined, variables: variables ?? {} };
};

/** With the code that Apollo gives it on HTTP, and without names of the schema that the client did not send. */
const coded = (code: string, error: GraphQLError): GraphQLError =>
  new GraphQLError(error.message.replace(/ ?Did you mean(.+?)\?$/, ''), {
    source: error.source,
    positions: error.positions,
    nodes: error.nodes ?? null,
    extensions: { ...error.extensions, code },
  });

const parseQuery = (query: string, options: ParseOptions): DocumentNode => {
  try {
    return parse(query, options);
  } catch (error) {
    throw error instanceof GraphQLError ? new Refused([coded('GRAPHQL_PARSE_FAILED', error)]) : error;
  }
};

const validateDocument = (schema: GraphQLSchema, document: DocumentNode, rules: readonly ValidationRule[]): void => {
  const errors = validate(schema, document, [...specifiedRules, ...rules]);
  if (errors.length > 0)
    throw new Refused(errors.slice(0, limits.faults).map((error) => coded('GRAPHQL_VALIDATION_FAILED', error)));
};

const resolveOperation = ({ document, operationName }: Operation): void => {
  if (!isMissing(getOperationAST(document, operationName))) return;
  throw refusal(
    'OPERATION_RESOLUTION_FAILURE',
    operationName === undefined
      ? 'The document has several operations: name one as `operationName`'
      : 'There is no operation of this `operationName` in the document',
  );
};

const attempt = (read: () => Operation): Admitted => {
  try {
    return { ok: true, operation: read() };
  } catch (error) {
    if (error instanceof Refused) return { ok: false, errors: error.errors };
    throw error;
  }
};

export const createAdmission = (options: AdmissionOptions): Admission => {
  const { schema, intake, rules = [], maxTokens, checks = [] } = options;
  const parseOptions = { maxTokens };
  const check: Check = (operation, actor) => {
    const faults = variableFaults(schema, operation);
    for (const judge of checks) if (faults.length === 0) faults.push(...judge(operation, actor));
    return faults;
  };
  const read = (request: unknown, actor: Actor): Operation => {
    const taken = intake?.(request, actor) ?? { ok: true, body: request };
    if (!taken.ok) throw new Refused([taken.error]);
    const { query, operationName, variables } = readRequest(taken.body);
    const operation = { document: parseQuery(query, parseOptions), operationName, variables };
    validateDocument(schema, operation.document, rules);
    resolveOperation(operation);
    const faults = check(operation, actor);
    if (faults.length > 0) throw new Refused(faults);
    return operation;
  };
  return { rules, parseOptions, check, admit: (request, actor) => attempt(() => read(request, actor)) };
};
