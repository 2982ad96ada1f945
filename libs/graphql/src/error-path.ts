/**
 * Batched joins report a failure at the place of whoever asked first (ardatan/graphql-tools#2950). Each field here puts an error
 * that comes from elsewhere at its own place.
 */
import { MapperKind, mapSchema } from '@graphql-tools/utils';
import {
  defaultFieldResolver,
  GraphQLError,
  responsePathAsArray,
  type GraphQLFieldResolver,
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

const withPlace =
  (resolve: GraphQLFieldResolver<unknown, unknown>): GraphQLFieldResolver<unknown, unknown> =>
  (source, args, context, info) => {
    const value = resolve(source, args, context, info);
    return value instanceof Promise
      ? value.then((settled: unknown) => placed(settled, info), rethrowPlaced(info))
      : placed(value, info);
  };

export const placeErrors = (schema: GraphQLSchema): GraphQLSchema =>
  mapSchema(schema, {
    [MapperKind.OBJECT_FIELD]: (field) => ({ ...field, resolve: withPlace(field.resolve ?? defaultFieldResolver) }),
  });
