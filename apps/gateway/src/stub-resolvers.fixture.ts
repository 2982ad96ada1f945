/** For specs: resolvers that answer any schema of a service with something of the right shape, so that its real doors can be asked. */
import type { RequestContext } from '@sendpool/graphql';
import {
  buildASTSchema,
  getNullableType,
  isAbstractType,
  isEnumType,
  isListType,
  isObjectType,
  isScalarType,
  parse,
  type GraphQLField,
  type GraphQLObjectType,
  type GraphQLOutputType,
  type GraphQLSchema,
} from 'graphql';

const scalarValues: Readonly<Record<string, unknown>> = {
  Int: 1,
  Float: 0.5,
  Boolean: true,
  DateTime: new Date(1_795_500_000_000),
  BigInt: 7n,
};

/** Ids and texts are told apart nowhere: a stub knows every id. */
const leafOf = (name: string): unknown => scalarValues[name] ?? 'text';

const stubOf = (schema: GraphQLSchema, type: GraphQLOutputType): unknown => {
  const plain = getNullableType(type);
  if (isListType(plain)) return [stubOf(schema, plain.ofType), stubOf(schema, plain.ofType)];
  if (isScalarType(plain)) return leafOf(plain.name);
  if (isEnumType(plain)) return plain.getValues()[0]?.name;
  if (isAbstractType(plain)) return { __typename: schema.getPossibleTypes(plain)[0]?.name };
  return {};
};

const valueOf = (schema: GraphQLSchema, field: GraphQLField<unknown, unknown>, source: unknown): unknown => {
  const given = (source as Record<string, unknown> | undefined)?.[field.name];
  return given ?? stubOf(schema, field.type);
};

/** Fields, as in `Resend.actor`, that say which key the service has heard of. */
export type Own = ReadonlySet<string>;

const fieldsOf = (schema: GraphQLSchema, type: GraphQLObjectType, own: Own): object =>
  Object.fromEntries(
    Object.values(type.getFields()).map((field) => [
      field.name,
      (source: unknown, _arguments: unknown, { actor }: RequestContext) =>
        own.has(`${type.name}.${field.name}`) ? actor.keyId : valueOf(schema, field, source),
    ]),
  );

/** One event, and the end. */
const streamsOf = (schema: GraphQLSchema, type: GraphQLObjectType): object =>
  Object.fromEntries(
    Object.values(type.getFields()).map((field) => [
      field.name,
      {
        subscribe: async function* () {
          yield { [field.name]: stubOf(schema, field.type) };
        },
      },
    ]),
  );

const isEntity = (type: GraphQLObjectType): boolean =>
  type.astNode?.directives?.some(({ name }) => name.value === 'key') === true;

/** `typeDefs` is the schema.graphql of a service. */
export const stubResolvers = (typeDefs: string, own: Own = new Set()): Record<string, object> => {
  const schema = buildASTSchema(parse(typeDefs), { assumeValidSDL: true, assumeValid: true });
  const types = Object.values(schema.getTypeMap()).filter(isObjectType);
  return Object.fromEntries(
    types
      .filter(({ name }) => !name.startsWith('__'))
      .map((type) => {
        const fields = type === schema.getSubscriptionType() ? streamsOf(schema, type) : fieldsOf(schema, type, own);
        const reference = isEntity(type) ? { __resolveReference: (given: unknown) => given } : {};
        return [type.name, { ...fields, ...reference }];
      }),
  );
};
