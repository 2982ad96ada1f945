/** Which subscriptions may share one stream: those of the same text and values that ask for nothing of the past. */
import {
  getArgumentValues,
  getOperationAST,
  getVariableValues,
  Kind,
  print,
  visit,
  type FieldNode,
  type GraphQLSchema,
  type OperationDefinitionNode,
} from 'graphql';
import type { Operation } from '../admit.ts';

export type Share = {
  key: string;
  /** Each event tells the whole state. Streams of events are those that can be asked for what came `after` one. */
  isState: boolean;
};

const fieldOf = ({ selectionSet }: OperationDefinitionNode): FieldNode | undefined => {
  const [first, ...more] = selectionSet.selections;
  return first?.kind === Kind.FIELD && more.length === 0 ? first : undefined;
};

/** The cursor that the field is asked to go on from; throws when an argument that it needs is missing. */
const cursorOf = (
  schema: GraphQLSchema,
  operation: OperationDefinitionNode,
  variables: Operation['variables'],
): { hasCursors: boolean; after: unknown } | undefined => {
  const node = fieldOf(operation);
  const field = node === undefined ? undefined : schema.getSubscriptionType()?.getFields()[node.name.value];
  const { coerced } = getVariableValues(schema, operation.variableDefinitions ?? [], variables);
  if (node === undefined || field === undefined || coerced === undefined) return undefined;
  const hasCursors = field.args.some(({ name }) => name === 'after');
  return { hasCursors, after: getArgumentValues(field, node, coerced)['after'] ?? undefined };
};

/** Whether the page is asked for its `endCursor` by this name: no other field can have it then. */
const tellsPlace = (operation: OperationDefinitionNode): boolean =>
  (fieldOf(operation)?.selectionSet?.selections ?? []).some(
    (one) =>
      one.kind === Kind.FIELD && one.name.value === 'endCursor' && one.alias === undefined && !one.directives?.length,
  );

const usesOf = (document: Operation['document'], name: string): number => {
  let uses = 0;
  visit(document, { Variable: (node) => void (uses += node.name.value === name ? 1 : 0) });
  return uses;
};

/** The same without its cursor; undefined when the cursor is no variable that serves for nothing else. */
export const withoutCursor = (operation: Operation): Operation | undefined => {
  const { document, operationName, variables } = operation;
  const found = getOperationAST(document, operationName);
  const given = found && fieldOf(found)?.arguments?.find(({ name }) => name.value === 'after')?.value;
  if (!found || given?.kind !== Kind.VARIABLE || !tellsPlace(found)) return undefined;
  const { [given.name.value]: _after, ...others } = variables;
  return usesOf(document, given.name.value) === 2 ? { ...operation, variables: others } : undefined;
};

/** Undefined for a stream of its own. */
export const shareOf = (
  schema: GraphQLSchema,
  { document, operationName, variables }: Operation,
): Share | undefined => {
  const operation = getOperationAST(document, operationName);
  if (operation === null || operation === undefined) return undefined;
  try {
    const cursor = cursorOf(schema, operation, variables);
    if (cursor === undefined || cursor.after !== undefined) return undefined;
    const key = JSON.stringify([print(document), operationName, variables]);
    return { key, isState: !cursor.hasCursors };
  } catch {
    // What it lacks is told when it is run.
    return undefined;
  }
};
