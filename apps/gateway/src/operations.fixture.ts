/** For specs: valid operations made of a schema, the smallest one for a field and random ones, with values for their variables. */
import {
  getNamedType,
  getNullableType,
  isEnumType,
  isInputObjectType,
  isLeafType,
  isListType,
  isObjectType,
  isRequiredArgument,
  isRequiredInputField,
  isUnionType,
  type GraphQLArgument,
  type GraphQLField,
  type GraphQLInputType,
  type GraphQLNamedType,
  type GraphQLObjectType,
} from 'graphql';

/** 0 to below 1. */
export type Random = () => number;
export type Made = { query: string; variables: Record<string, unknown> };

/** Everything that is asked of: optional parts come in by chance, never with `least`. */
const least: Random = () => 0.999;

const scalarValues: Readonly<Record<string, readonly unknown[]>> = {
  ID: ['01a20f03-72e1-7988-a977-0ef5fe5dd1b8', 'x', ''],
  String: ['text', '', 'Grüße 🙂', '{{ first_name }}', "'; drop table api_key; --"],
  Int: [1, 50, 100, 0, -1, 2_147_483_647],
  Float: [0.5, 0, 1e9, -0.001],
  Boolean: [true, false],
  DateTime: ['2026-11-24T12:30:00.000Z'],
  BigInt: ['7', '9223372036854775807'],
  EmailAddress: ['somebody@example.com'],
};

const pick = <T>(from: readonly T[], random: Random): T => from[Math.floor(random() * from.length)]!;
const first = <T>(from: readonly T[], random: Random): T => (random === least ? from[0]! : pick(from, random));
const byChance = (random: Random, share: number): boolean => random() < share;

const valueFor = (type: GraphQLInputType, random: Random, depth = 0): unknown => {
  const plain = getNullableType(type);
  if (isListType(plain)) return byChance(random, 0.2) ? [] : [valueFor(plain.ofType, random, depth + 1)];
  if (isEnumType(plain)) return first(plain.getValues(), random).name;
  if (!isInputObjectType(plain)) return first(scalarValues[plain.name] ?? ['text'], random);
  const fields = Object.values(plain.getFields()).filter(
    (field) => isRequiredInputField(field) || (depth < 3 && byChance(random, 0.4)),
  );
  return Object.fromEntries(fields.map(({ name, type: of }) => [name, valueFor(of, random, depth + 1)]));
};

type Maker = { random: Random; variables: Map<string, { type: string; value: unknown }> };

const argumentText = (argument: GraphQLArgument, maker: Maker): string => {
  const name = `v${maker.variables.size}`;
  maker.variables.set(name, { type: String(argument.type), value: valueFor(argument.type, maker.random) });
  return `${argument.name}: $${name}`;
};

const argumentsText = (field: GraphQLField<unknown, unknown>, maker: Maker): string => {
  const chosen = field.args.filter((argument) => isRequiredArgument(argument) || byChance(maker.random, 0.4));
  return chosen.length === 0 ? '' : `(${chosen.map((argument) => argumentText(argument, maker)).join(', ')})`;
};

const fieldText = (field: GraphQLField<unknown, unknown>, maker: Maker, levels: number, alias = ''): string => {
  const type = getNamedType(field.type);
  const inside = isLeafType(type) ? '' : ` { ${selectionText(type, maker, levels)} }`;
  return `${alias}${field.name}${argumentsText(field, maker)}${inside}`;
};

const objectText = (type: GraphQLObjectType, maker: Maker, levels: number, prefix = ''): string => {
  const fields = Object.values(type.getFields()).filter(
    (field) => (levels > 0 || isLeafType(getNamedType(field.type))) && byChance(maker.random, 0.35),
  );
  // Members of a union may have fields of one name and different types.
  return [
    '__typename',
    ...fields.map((field) => fieldText(field, maker, levels - 1, prefix && `${prefix}_${field.name}: `)),
  ].join(' ');
};

/** Nothing but the name of the type once `levels` is used up. */
const selectionText = (type: GraphQLNamedType, maker: Maker, levels: number): string => {
  if (isObjectType(type)) return objectText(type, maker, levels);
  const members = isUnionType(type) && levels > 0 ? type.getTypes() : [];
  return [
    '__typename',
    ...members.map((member) => `... on ${member.name} { ${objectText(member, maker, levels, member.name)} }`),
  ].join(' ');
};

const operationText = (kind: string, body: string, { variables }: Maker): Made => {
  const declared = [...variables].map(([name, { type }]) => `$${name}: ${type}`).join(', ');
  const values = Object.fromEntries([...variables].map(([name, { value }]) => [name, value]));
  return { query: `${kind} Made${declared && `(${declared})`} { ${body} }`, variables: values };
};

/** The field of a root type with what it must have, and of its answer the name of the type. */
export const smallestOperation = (kind: string, field: GraphQLField<unknown, unknown>): Made => {
  const maker: Maker = { random: least, variables: new Map() };
  return operationText(kind, fieldText(field, maker, 0), maker);
};

/** Some fields of a root type, up to `levels` deep. */
export const randomOperation = (kind: string, root: GraphQLObjectType, random: Random, levels = 7): Made => {
  const maker: Maker = { random, variables: new Map() };
  const field = pick(Object.values(root.getFields()), random);
  return operationText(kind, fieldText(field, maker, levels), maker);
};
