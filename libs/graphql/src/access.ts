/** The directive `@access(role:)`: deny by default. A root field without it keeps the service from starting. */
import { mayActAs, roles, type Role } from '@sendpool/contracts';
import { AppError } from '@sendpool/kernel';
import { getDirective, MapperKind, mapSchema } from '@graphql-tools/utils';
import { defaultFieldResolver, type GraphQLFieldConfig, type GraphQLFieldResolver, type GraphQLSchema } from 'graphql';
import type { RequestContext } from './context.ts';

type Field = GraphQLFieldConfig<unknown, RequestContext>;
type Resolver = GraphQLFieldResolver<unknown, RequestContext>;

/** Only the gateway asks these two, with the actor of its client; what they lead to is what READER may read. */
const federationFields: ReadonlySet<string> = new Set(['_service', '_entities']);

const roleOf = (schema: GraphQLSchema, field: Field): Role | undefined => {
  const role: unknown = getDirective(schema, field, 'access')?.[0]?.['role'];
  return roles.find((known) => known === role);
};

const guarded = (field: Field, needed: Role, name: string): Field => {
  const { resolve = defaultFieldResolver, subscribe } = field;
  const guard =
    (work: Resolver): Resolver =>
    (source, args, context, info) => {
      if (!mayActAs(context.actor.role, needed))
        throw new AppError('FORBIDDEN', `${name} needs the role ${needed}; this key has ${context.actor.role}`);
      return work(source, args, context, info);
    };
  return { ...field, resolve: guard(resolve), ...(subscribe === undefined ? {} : { subscribe: guard(subscribe) }) };
};

/**
 * The schema with its resolvers guarded: each role may do what the ones before it may.
 * Throws AppError BAD_CONFIGURATION that names every field of Query, Mutation and Subscription without a rule.
 */
export const enforceAccess = (schema: GraphQLSchema): GraphQLSchema => {
  const open: string[] = [];
  const guardRoot = (field: Field, name: string, type: string): Field => {
    const role = federationFields.has(name) ? 'READER' : roleOf(schema, field);
    if (role === undefined) open.push(`${type}.${name}`);
    return role === undefined ? field : guarded(field, role, name);
  };
  const guardOther = (field: Field, name: string): Field | undefined => {
    const role = roleOf(schema, field);
    return role === undefined ? undefined : guarded(field, role, name);
  };
  const guardedSchema = mapSchema(schema, {
    [MapperKind.ROOT_FIELD]: (field, name, type) => guardRoot(field as Field, name, type),
    [MapperKind.OBJECT_FIELD]: (field, name) => guardOther(field as Field, name),
  });
  if (open.length > 0)
    throw new AppError('BAD_CONFIGURATION', `fields without @access, which nobody may use: ${open.join(', ')}`);
  return guardedSchema;
};
