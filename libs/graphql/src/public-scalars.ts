/** The scalars as the gateway has them: what goes in is judged at the door, and what comes out passes as the service wrote it. */
import { MapperKind, mapSchema } from '@graphql-tools/utils';
import { messageOf } from '@sendpool/kernel';
import { GraphQLError, GraphQLScalarType, valueFromASTUntyped, type GraphQLSchema } from 'graphql';
import { scalars } from './scalars.ts';

const passing = (scalar: GraphQLScalarType, own: GraphQLScalarType): GraphQLScalarType =>
  new GraphQLScalarType({
    ...scalar.toConfig(),
    parseValue: (value) => {
      own.parseValue(value);
      return value;
    },
    parseLiteral: (node, variables) => {
      const value = valueFromASTUntyped(node, variables);
      try {
        own.parseValue(value);
      } catch (error) {
        throw new GraphQLError(messageOf(error), { nodes: node });
      }
      return value;
    },
  });

/** A wrong DateTime is then refused with the path that the client knows, before any service is asked. */
export const judgeScalars = (schema: GraphQLSchema): GraphQLSchema =>
  mapSchema(schema, {
    [MapperKind.SCALAR_TYPE]: (scalar) => {
      const own = scalars[scalar.name];
      return own === undefined ? scalar : passing(scalar, own);
    },
  });
