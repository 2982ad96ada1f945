/**
 * The words of the public schema, and the rules by which the schemas of the services stay a plain federation: what a client can see is
 * described, services describe what they have in common alike, a root field says its role, and nothing is joined by more than a key.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  Kind,
  parse,
  visit,
  type ConstDirectiveNode,
  type DefinitionNode,
  type DocumentNode,
  type FieldDefinitionNode,
  type StringValueNode,
} from 'graphql';

/** What can have a description, by its coordinate, as in `Query.pool(id:)`. */
type Part = { readonly at: string; readonly text: string };
type Worded = { readonly description?: StringValueNode | undefined };

const partOf = (at: string, { description }: Worded): Part => ({
  at,
  text: (description?.value ?? '').replaceAll(/\s+/g, ' ').trim(),
});

const fieldParts = (type: string, field: FieldDefinitionNode): Part[] => {
  const at = `${type}.${field.name.value}`;
  return [
    partOf(at, field),
    ...(field.arguments ?? []).map((argument) => partOf(`${at}(${argument.name.value}:)`, argument)),
  ];
};

const partsOfDefinition = (definition: DefinitionNode): Part[] => {
  switch (definition.kind) {
    case Kind.OBJECT_TYPE_DEFINITION:
    case Kind.INTERFACE_TYPE_DEFINITION: {
      const name = definition.name.value;
      return [partOf(name, definition), ...(definition.fields ?? []).flatMap((field) => fieldParts(name, field))];
    }
    case Kind.INPUT_OBJECT_TYPE_DEFINITION:
    case Kind.ENUM_TYPE_DEFINITION: {
      const name = definition.name.value;
      const members = definition.kind === Kind.ENUM_TYPE_DEFINITION ? definition.values : definition.fields;
      return [
        partOf(name, definition),
        ...(members ?? []).map((member) => partOf(`${name}.${member.name.value}`, member)),
      ];
    }
    case Kind.UNION_TYPE_DEFINITION:
    case Kind.SCALAR_TYPE_DEFINITION:
      return [partOf(definition.name.value, definition)];
    default:
      return [];
  }
};

const partsOf = ({ definitions }: DocumentNode): Part[] => definitions.flatMap(partsOfDefinition);

/** With these alone a description says no more than a name does. */
const fillers = new Set(['a', 'an', 'and', 'for', 'in', 'is', 'it', 'its', 'of', 'the', 'this', 'to']);

const wordsOf = (text: string): string[] =>
  text
    .replaceAll(/([a-z])(?=[A-Z])/g, '$1 ')
    .toLowerCase()
    .split(/[^a-z\d]+/)
    .filter((word) => word !== '')
    .map((word) => word.replace(/s$/, ''));

const repeatsName = ({ at, text }: Part): boolean => {
  const name = new Set(wordsOf(at));
  return !text.includes('`') && wordsOf(text).every((word) => fillers.has(word) || name.has(word));
};

/** Sentences end with a full stop; a phrase has no mark in it that ends a sentence, and none at its end. */
const isWhole = (text: string): boolean => text.endsWith('.') || (!/[.!?]\s/.test(text) && /[\p{L}\d`)"]$/u.test(text));

const faultOf = (part: Part): string[] => {
  if (part.text === '') return [`${part.at} is not described`];
  if (!isWhole(part.text)) return [`the description of ${part.at} does not end with a full stop`];
  return repeatsName(part) ? [`the description of ${part.at} says no more than its name`] : [];
};

/** What is wrong with the words of a schema as clients see it. */
export const wordFaults = (sdl: string): string[] => partsOf(parse(sdl)).flatMap(faultOf);

const valueOf = ({ arguments: given = [] }: ConstDirectiveNode, name: string): string => {
  const value = given.find((argument) => argument.name.value === name)?.value;
  return value?.kind === Kind.STRING || value?.kind === Kind.ENUM ? value.value : '';
};

/** What makes a join need more of the gateway than the keys of the objects. */
const joinFaults = (service: string, document: DocumentNode): string[] => {
  const faults: string[] = [];
  const judge = (directive: ConstDirectiveNode): void => {
    const name = directive.name.value;
    if (name === 'interfaceObject') faults.push(`${service} uses @interfaceObject`);
    if (name === 'requires' && valueOf(directive, 'fields').includes('...'))
      faults.push(`${service} uses @requires with a fragment`);
  };
  visit(document, { Directive: (node) => judge(node as ConstDirectiveNode) });
  return faults;
};

const roleFault = (at: string, field: FieldDefinitionNode): string[] => {
  const access = field.directives?.find(({ name }) => name.value === 'access');
  const role = access && valueOf(access, 'role');
  const { text } = partOf(at, field);
  return text.endsWith(`Needs ${role}.`) ? [] : [`the description of ${at} does not end with "Needs ${role}."`];
};

const roleFaults = ({ definitions }: DocumentNode): string[] =>
  definitions.flatMap((definition) => {
    if (definition.kind !== Kind.OBJECT_TYPE_DEFINITION) return [];
    const type = definition.name.value;
    if (type !== 'Query' && type !== 'Mutation' && type !== 'Subscription') return [];
    return (definition.fields ?? []).flatMap((field) => roleFault(`${type}.${field.name.value}`, field));
  });

const unionsOf = ({ definitions }: DocumentNode): Part[] =>
  definitions.flatMap((definition) => {
    if (definition.kind !== Kind.UNION_TYPE_DEFINITION) return [];
    const members = (definition.types ?? []).map(({ name }) => name.value);
    return [{ at: definition.name.value, text: members.toSorted().join(' | ') }];
  });

/** Coordinates that not all services have with the same text. */
const differing = (parts: readonly Part[]): string[] => {
  const texts = new Map<string, Set<string>>();
  for (const { at, text } of parts) texts.set(at, (texts.get(at) ?? new Set()).add(text));
  return [...texts].filter(([, known]) => known.size > 1).map(([at]) => at);
};

/** What is wrong with the schemas of the services, SDL by name, one by one and beside each other. */
export const serviceFaults = (services: Readonly<Record<string, string>>): string[] => {
  const documents = Object.entries(services).map(([name, sdl]) => ({ name, document: parse(sdl) }));
  const all = documents.map(({ document }) => document);
  return [
    ...documents.flatMap(({ name, document }) => joinFaults(name, document)),
    ...all.flatMap(roleFaults),
    ...differing(all.flatMap(unionsOf)).map((at) => `the union ${at} has other members in another service`),
    ...differing(all.flatMap(partsOf)).map((at) => `${at} is described otherwise in another service`),
  ];
};

const read = (path: string): string => readFileSync(join(import.meta.dirname, '..', path), 'utf8');
const entryOf = (service: string): [string, string] => [service, read(`apps/${service}/schema.graphql`)];

if (import.meta.main) {
  const services = Object.fromEntries(['config', 'scheduler', 'stats'].map(entryOf));
  const faults = [...wordFaults(read('apps/gateway/public.graphql')), ...serviceFaults(services)];
  for (const fault of faults) console.error(fault);
  process.exitCode = faults.length === 0 ? 0 : 1;
}
