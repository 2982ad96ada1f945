/**
 * The scalars of the schemas: DateTime (a Date inside, RFC 3339 text outside), BigInt (a number inside, always text outside) and
 * EmailAddress (text on both sides).
 */
import { GraphQLError, GraphQLScalarType, Kind, type ValueNode } from 'graphql';

const refuse = (message: string): never => {
  throw new GraphQLError(message, { extensions: { code: 'BAD_USER_INPUT' } });
};

/** RFC 3339 with a time zone; a date alone is refused, because its moment would depend on where it is read. */
const rfc3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:\d\d)$/i;

const parseDateTime = (value: unknown): Date => {
  if (typeof value !== 'string' || !rfc3339.test(value)) return refuse('a DateTime looks like 2026-11-24T12:30:00Z');
  const date = new Date(value.toUpperCase());
  const dayGiven = Number(value.slice(8, 10));
  const dayRead = new Date(`${value.slice(0, 10)}T00:00:00Z`).getUTCDate();
  return Number.isNaN(date.getTime()) || dayGiven !== dayRead ? refuse('there is no such DateTime') : date;
};

const writeDateTime = (value: unknown): string => {
  const date = typeof value === 'number' || value instanceof Date ? new Date(value) : undefined;
  if (date === undefined || Number.isNaN(date.getTime())) throw new TypeError('a DateTime is written from a Date');
  return date.toISOString();
};

const parseBigInt = (value: unknown): number => {
  const text = typeof value === 'number' ? String(value) : value;
  if (typeof text !== 'string' || !/^-?\d{1,16}$/.test(text)) return refuse('a BigInt is a whole number as text');
  const number = Number(text);
  return Number.isSafeInteger(number) ? number : refuse('this BigInt is out of range');
};

const writeBigInt = (value: unknown): string => {
  if (typeof value === 'bigint' || Number.isSafeInteger(value)) return String(value);
  throw new TypeError('a BigInt is written from a whole number');
};

/** Far above the 254 octets of an address (RFC 5321, 4.5.3.1.3): what is too long is told with its path, like anything wrong with it. */
const longestAddress = 1000;

/**
 * Only what can be no address in any writing. Which addresses are good is the rule of whoever takes them: a mutation tells it as a refusal
 * with the path of the field, which a scalar cannot.
 */
const parseEmailAddress = (value: unknown): string => {
  if (typeof value !== 'string' || !value.isWellFormed())
    return refuse('an EmailAddress is text, as in ada@example.com');
  return value.length <= longestAddress ? value : refuse(`an EmailAddress has at most ${longestAddress} characters`);
};

/** Never refuses what is stored, by whatever rule it came in: one odd row must not empty a page. */
const writeEmailAddress = (value: unknown): string => {
  if (typeof value === 'string') return value;
  throw new TypeError('an EmailAddress is written from text');
};

const literalOf = (node: ValueNode): unknown =>
  node.kind === Kind.STRING || node.kind === Kind.INT ? node.value : undefined;

export const scalars: Readonly<Record<string, GraphQLScalarType>> = {
  DateTime: new GraphQLScalarType({
    name: 'DateTime',
    serialize: writeDateTime,
    parseValue: parseDateTime,
    parseLiteral: (node) => parseDateTime(node.kind === Kind.STRING ? node.value : undefined),
  }),
  BigInt: new GraphQLScalarType({
    name: 'BigInt',
    serialize: writeBigInt,
    parseValue: parseBigInt,
    parseLiteral: (node) => parseBigInt(literalOf(node)),
  }),
  EmailAddress: new GraphQLScalarType({
    name: 'EmailAddress',
    serialize: writeEmailAddress,
    parseValue: parseEmailAddress,
    parseLiteral: (node) => parseEmailAddress(node.kind === Kind.STRING ? node.value : undefined),
  }),
};
