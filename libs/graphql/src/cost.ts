/**
 * What an operation may cost: about the number of objects in its answer, worked out before it is run. A list counts its rows times
 * what is asked of each; leaves are free. Mostly too much: both branches of a union count, and a field asked for twice counts twice.
 */
import {
  getNamedType,
  getOperationAST,
  GraphQLError,
  isInterfaceType,
  isLeafType,
  isListType,
  isNonNullType,
  isObjectType,
  Kind,
  typeFromAST,
  valueFromASTUntyped,
  type DocumentNode,
  type FieldNode,
  type GraphQLField,
  type GraphQLNamedType,
  type GraphQLOutputType,
  type GraphQLSchema,
  type OperationDefinitionNode,
  type SelectionNode,
  type SelectionSetNode,
  type ValueNode,
} from 'graphql';
import { maxPageSize } from './connection.ts';

/** What the shape of the schema does not tell of single fields, by `Type.field`. */
export type CostTable = Readonly<
  Record<
    string,
    {
      /** Added each time the field is answered. */
      weight?: number;
      /** Rows of a list that takes no page size. */
      rows?: number;
    }
  >
>;

export type CostOf = (
  document: DocumentNode,
  operationName: string | undefined,
  variables: Readonly<Record<string, unknown>>,
) => number;

/** What any request costs beside what it asks for: reading, checking, planning. Also one that is refused. */
export const requestCost = 10;

const weights = {
  /** A field of Mutation. */
  change: 10,
  /** `__schema` or `__type`, whatever is asked of it: graphql bounds its depth. */
  introspection: 100,
  /** Rows of a list that takes no page size and is not in the table. */
  rows: 10,
} as const;

type Meter = {
  schema: GraphQLSchema;
  table: CostTable;
  fragmentCost(name: string, meter: Meter): number;
  read(node: ValueNode): unknown;
};

const isList = (type: GraphQLOutputType): boolean => isListType(isNonNullType(type) ? type.ofType : type);

/** Objects that only hold others together. */
const isFree = ({ name }: GraphQLNamedType): boolean => name.endsWith('Edge') || name === 'PageInfo';

/** Of which a list of rows is the one thing that counts. */
const isConnection = ({ name }: GraphQLNamedType): boolean => name.endsWith('Connection') || name.endsWith('Page');

const pageArgument = (field: GraphQLField<unknown, unknown>) =>
  field.args.find(({ name }) => name === 'first' || name === 'last');

/** The page size that is asked for; the largest one where it is not a number, which will be refused when it is run. */
const pageSize = (node: FieldNode, field: GraphQLField<unknown, unknown>, meter: Meter): number | undefined => {
  const argument = pageArgument(field);
  if (argument === undefined) return undefined;
  const given = node.arguments?.find(({ name }) => name.value === argument.name);
  const value = (given === undefined ? undefined : meter.read(given.value)) ?? argument.defaultValue;
  return typeof value === 'number' && value >= 1 ? value : maxPageSize;
};

/** How often the selection below a field is answered. The lists of a connection are counted at the connection. */
const rowsOf = (node: FieldNode, field: GraphQLField<unknown, unknown>, meter: Meter, place: string): number => {
  const type = getNamedType(field.type);
  if (isConnection(type)) return Math.min(pageSize(node, field, meter) ?? maxPageSize, maxPageSize);
  if (!isList(field.type)) return 1;
  return pageSize(node, field, meter) ?? meter.table[place]?.rows ?? weights.rows;
};

const isLeftOut = (node: SelectionNode, meter: Meter): boolean =>
  (node.directives ?? []).some(({ name, arguments: [condition] = [] }) => {
    if (condition === undefined) return false;
    const value = meter.read(condition.value);
    return (name.value === 'skip' && value === true) || (name.value === 'include' && value === false);
  });

const readsNoRows: ReadonlySet<string> = new Set(['totalCount', '__typename']);

/** Also `pageInfo` needs the rows. A fragment may ask for anything. */
const readsRows = (set: SelectionSetNode | undefined): boolean =>
  (set?.selections ?? []).some((node) => node.kind !== Kind.FIELD || !readsNoRows.has(node.name.value));

const fieldCost = (node: FieldNode, parent: GraphQLNamedType, meter: Meter): number => {
  const name = node.name.value;
  if (name.startsWith('__')) return name === '__typename' ? 0 : weights.introspection;
  const field = isObjectType(parent) || isInterfaceType(parent) ? parent.getFields()[name] : undefined;
  if (field === undefined) return 0;
  const place = `${parent.name}.${name}`;
  const type = getNamedType(field.type);
  const weight = (meter.table[place]?.weight ?? 0) + (parent === meter.schema.getMutationType() ? weights.change : 0);
  if (isLeafType(type)) return weight;
  const insideConnection = isConnection(parent) && isList(field.type);
  const rows = insideConnection ? 1 : rowsOf(node, field, meter, place);
  const inside = selectionCost(node.selectionSet, type, meter);
  if (isConnection(type)) return weight + (readsRows(node.selectionSet) ? rows * Math.max(1, inside) : 1);
  return weight + rows * ((isFree(type) ? 0 : 1) + inside);
};

const nodeCost = (node: SelectionNode, parent: GraphQLNamedType, meter: Meter): number => {
  if (isLeftOut(node, meter)) return 0;
  if (node.kind === Kind.FIELD) return fieldCost(node, parent, meter);
  if (node.kind === Kind.FRAGMENT_SPREAD) return meter.fragmentCost(node.name.value, meter);
  const condition = node.typeCondition === undefined ? parent : typeFromAST(meter.schema, node.typeCondition);
  return condition === undefined ? 0 : selectionCost(node.selectionSet, condition, meter);
};

const selectionCost = (set: SelectionSetNode | undefined, parent: GraphQLNamedType, meter: Meter): number => {
  let sum = 0;
  for (const node of set?.selections ?? []) sum += nodeCost(node, parent, meter);
  return sum;
};

/** Values of arguments: literals, and variables with their defaults. */
const createReader = (operation: OperationDefinitionNode, variables: Readonly<Record<string, unknown>>) => {
  const defaults = new Map(
    operation.variableDefinitions?.map(({ variable, defaultValue }) => [variable.name.value, defaultValue]),
  );
  return (node: ValueNode): unknown => {
    if (node.kind !== Kind.VARIABLE) return valueFromASTUntyped(node);
    const name = node.name.value;
    if (Object.hasOwn(variables, name)) return variables[name];
    const fallback = defaults.get(name);
    return fallback === undefined ? undefined : valueFromASTUntyped(fallback);
  };
};

/** Each fragment is measured once, however often it is spread; one that contains itself is another rule's fault. */
const createFragments = (document: DocumentNode) => {
  const measured = new Map<string, number>();
  const named = new Map(
    document.definitions.flatMap((node) => (node.kind === Kind.FRAGMENT_DEFINITION ? [[node.name.value, node]] : [])),
  );
  return (name: string, meter: Meter): number => {
    const known = measured.get(name);
    const fragment = named.get(name);
    if (known !== undefined || fragment === undefined) return known ?? 0;
    measured.set(name, 0);
    const type = typeFromAST(meter.schema, fragment.typeCondition);
    const cost = type === undefined ? 0 : selectionCost(fragment.selectionSet, type, meter);
    measured.set(name, cost);
    return cost;
  };
};

/** The measure of a schema. An operation that is not there costs what any request does. */
export const createCostOf =
  (schema: GraphQLSchema, table: CostTable = {}): CostOf =>
  (document, operationName, variables) => {
    const operation = getOperationAST(document, operationName);
    const root = operation === null || operation === undefined ? undefined : schema.getRootType(operation.operation);
    if (operation === null || operation === undefined || root === null || root === undefined) return requestCost;
    const read = createReader(operation, variables);
    const meter: Meter = { schema, table, read, fragmentCost: createFragments(document) };
    return requestCost + selectionCost(operation.selectionSet, root, meter);
  };

/** Undefined when an operation of this cost may be run. */
export const costFault = (cost: number, limit: number): GraphQLError | undefined =>
  cost <= limit
    ? undefined
    : new GraphQLError(
        `The operation may cost ${Math.ceil(cost)}; at most ${limit} is allowed: ask for smaller pages (\`first\`) or for fewer lists inside lists`,
        { extensions: { code: 'OPERATION_TOO_COSTLY' } },
      );
