/** Checks the variables of a document before it is run. Each fault names its place and quotes nothing: what a client sent may be a secret. */
import {
  coerceInputValue,
  getOperationAST,
  GraphQLError,
  isInputType,
  isNonNullType,
  typeFromAST,
  type GraphQLInputType,
  type GraphQLSchema,
  type VariableDefinitionNode,
} from 'graphql';
import type { Operation } from './admit.ts';

/** Enough to mend an input by; more would only make the answer long, and looking for them costs more than any valid value. */
const maxFaults = 50;

const enough = Symbol('enough faults');

/** A wrong value of an enum is quoted with what it may have meant: the first may be a secret, the second is the schema. */
const withoutValue = (message: string): string =>
  message.replace(/^Value ".*" does not exist/s, 'The value does not exist').replace(/\s*Did you mean .*$/s, '');

/** As in `input.members[0].weight`. */
const placeOf = (name: string, path: readonly (string | number)[]): string =>
  path.reduce<string>((place, step) => (typeof step === 'number' ? `${place}[${step}]` : `${place}.${step}`), name);

const absenceFaults = (
  node: VariableDefinitionNode,
  type: GraphQLInputType,
  value: null | undefined,
): GraphQLError[] => {
  const isFree = !isNonNullType(type) || (value === undefined && node.defaultValue !== undefined);
  if (isFree) return [];
  const name = `Variable "$${node.variable.name.value}"`;
  const text =
    value === null
      ? `${name} of non-null type "${String(type)}" must not be null.`
      : `${name} of required type "${String(type)}" was not provided.`;
  return [new GraphQLError(text, { nodes: node, extensions: { code: 'BAD_USER_INPUT' } })];
};

const faultsOf = (
  schema: GraphQLSchema,
  node: VariableDefinitionNode,
  variables: Operation['variables'],
): GraphQLError[] => {
  const name = node.variable.name.value;
  const type = typeFromAST(schema, node.type);
  const value = Object.hasOwn(variables, name) ? variables[name] : undefined;
  if (!isInputType(type)) return [];
  if (value === undefined || value === null) return absenceFaults(node, type, value);
  const faults: GraphQLError[] = [];
  try {
    coerceInputValue(value, type, (path, _value, { message }) => {
      const text = `Variable "$${name}" got an invalid value at "${placeOf(name, path)}": ${withoutValue(message)}`;
      faults.push(new GraphQLError(text, { nodes: node, extensions: { code: 'BAD_USER_INPUT' } }));
      if (faults.length === maxFaults) throw enough;
    });
  } catch (error) {
    if (error !== enough) throw error;
  }
  return faults;
};

/** What is wrong with the values of the variables; empty when the document may be run with them. */
export const variableFaults = (
  schema: GraphQLSchema,
  { document, operationName, variables }: Operation,
): GraphQLError[] =>
  (getOperationAST(document, operationName)?.variableDefinitions ?? [])
    .flatMap((node) => faultsOf(schema, node, variables))
    .slice(0, maxFaults);
