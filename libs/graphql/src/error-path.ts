/**
 * Batched joins report a failure at the place of whoever asked first (ardatan/graphql-tools#2950). Each field here puts an error
 * that comes from elsewhere at its own place. What cannot fail, or was joined before, is not resolved again: by far the most fields.
 */
import { getPlanLeftOverFromParent, isExternalObject } from '@graphql-tools/delegate';
import { MapperKind, mapSchema } from '@graphql-tools/utils';
import {
  defaultFieldResolver,
  getNamedType,
  getNullableType,
  GraphQLError,
  isLeafType,
  responsePathAsArray,
  type FieldNode,
  type GraphQLFieldResolver,
  type GraphQLOutputType,
  type GraphQLResolveInfo,
  type GraphQLSchema,
} from 'graphql';

const startsWith = (path: readonly unknown[], start: readonly unknown[]): boolean =>
  start.every((step, index) => path[index] === step);

const placed = (value: unknown, info: GraphQLResolveInfo): unknown => {
  if (!(value instanceof GraphQLError)) return value;
  const here = responsePathAsArray(info.path);
  if (value.path !== undefined && startsWith(value.path, here)) return value;
  return new GraphQLError(value.message, { nodes: info.fieldNodes, path: here, extensions: value.extensions });
};

const rethrowPlaced =
  (info: GraphQLResolveInfo) =>
  (error: unknown): never => {
    throw placed(error, info);
  };

type Resolver = GraphQLFieldResolver<unknown, unknown>;

const withPlace =
  (resolve: Resolver): Resolver =>
  (source, args, context, info) => {
    const value = resolve(source, args, context, info);
    return value instanceof Promise
      ? value.then((settled: unknown) => placed(settled, info), rethrowPlaced(info))
      : placed(value, info);
  };

const isValue = (value: unknown): boolean =>
  typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';

/** Of an object that a service answered; while fields of it wait for another service, each field that is taken may set that going. */
const isWhole = (source: unknown): source is Record<string, unknown> =>
  typeof source === 'object' &&
  source !== null &&
  isExternalObject(source) &&
  getPlanLeftOverFromParent(source) === undefined;

const takeAtOnce =
  (resolve: Resolver): Resolver =>
  (source, args, context, info) => {
    const value = isWhole(source) ? source[info.fieldNodes[0]!.alias?.value ?? info.fieldName] : undefined;
    return isValue(value) ? value : resolve(source, args, context, info);
  };

/** Whoever shares an object of an answer, as campaigns do a pool, shares what is joined to it. Nodes are those of one execution: never of two users. */
const joinOnce = (resolve: Resolver): Resolver => {
  const joins = new WeakMap<object, { nodes: readonly FieldNode[]; value: unknown }>();
  return (source, args, context, info) => {
    if (!isWhole(source)) return resolve(source, args, context, info);
    const known = joins.get(source);
    if (known?.nodes === info.fieldNodes) return known.value;
    const value = resolve(source, args, context, info);
    joins.set(source, { nodes: info.fieldNodes, value });
    return value;
  };
};

type StitchingInfo = { mergedTypes: Record<string, { targetSubschemas: Map<unknown, readonly unknown[]> }> };

/** Whether a field leads to objects of which several services know something. */
const createIsJoin = ({ extensions }: GraphQLSchema): ((type: GraphQLOutputType) => boolean) => {
  const { mergedTypes } = extensions['stitchingInfo'] as StitchingInfo;
  return (type) => {
    const targets = mergedTypes[getNamedType(type).name]?.targetSubschemas.values() ?? [];
    return [...targets].some(({ length }) => length > 0);
  };
};

export const placeErrors = (schema: GraphQLSchema): GraphQLSchema => {
  const isJoin = createIsJoin(schema);
  return mapSchema(schema, {
    [MapperKind.OBJECT_FIELD]: (field) => {
      const { type, resolve = defaultFieldResolver } = field;
      if (isLeafType(getNullableType(type))) return { ...field, resolve: takeAtOnce(withPlace(resolve)) };
      return { ...field, resolve: withPlace(isJoin(type) ? joinOnce(resolve) : resolve) };
    },
  });
};
