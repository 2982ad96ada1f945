/**
 * Writes docs/roles.md: which role may ask for what, as the schemas of the services say (`@access`). With --check nothing is written, and
 * a page that is out of date is a fault.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { mayActAs, roles, type Role } from '@sendpool/contracts';
import { Kind, parse, valueFromASTUntyped, type DefinitionNode, type FieldDefinitionNode } from 'graphql';

const root = join(import.meta.dirname, '..');
const page = join(root, 'docs/roles.md');
const services = ['config', 'scheduler', 'stats'];

const head = `# Roles

Who may ask for what. A key or token has one role, and each role may do what the ones before it may. A field of Query, Mutation or Subscription without a role keeps its service from starting; what they lead to is open to whoever may ask for them, except the fields named here. Without a key nothing is answered at all (401).

Generated from the schemas by \`npx node tools/roles.ts\`; a test asks a running gateway for each cell.

`;

const roleOf = ({ directives = [] }: FieldDefinitionNode): Role | undefined => {
  const given = directives.find(({ name }) => name.value === 'access')?.arguments?.[0];
  const role = given === undefined ? undefined : valueFromASTUntyped(given.value);
  return roles.find((known) => known === role);
};

const rowsOf = (node: DefinitionNode): [string, Role][] =>
  node.kind !== Kind.OBJECT_TYPE_DEFINITION
    ? []
    : (node.fields ?? []).flatMap((field): [string, Role][] => {
        const role = roleOf(field);
        return role === undefined ? [] : [[`${node.name.value}.${field.name.value}`, role]];
      });

const rows = services
  .flatMap((name) =>
    parse(readFileSync(join(root, 'apps', name, 'schema.graphql'), 'utf8')).definitions.flatMap(rowsOf),
  )
  .toSorted(([a], [b]) => a.localeCompare(b));

const columns = ['field', 'no key', ...roles];
const lineOf = (cells: readonly string[], widths: readonly number[]): string =>
  `| ${cells.map((cell, at) => cell.padEnd(widths[at]!)).join(' | ')} |\n`;

const cellsOf = (field: string, needed: Role): string[] =>
  [`\`${field}\``, '–'].concat(roles.map((role) => (mayActAs(role, needed) ? 'yes' : '–')));

const table = (): string => {
  const cells = rows.map(([field, needed]) => cellsOf(field, needed));
  const widths = columns.map((name, at) => Math.max(name.length, ...cells.map((row) => row[at]!.length)));
  const rule = widths.map((width) => '-'.repeat(width));
  return [columns, rule, ...cells].map((row) => lineOf(row, widths)).join('');
};

const text = head + table();
const isCurrent = (): boolean => {
  try {
    return readFileSync(page, 'utf8') === text;
  } catch {
    return false;
  }
};

if (!process.argv.includes('--check')) writeFileSync(page, text);
else if (!isCurrent()) {
  console.error('docs/roles.md is out of date: run `npx node tools/roles.ts`');
  process.exitCode = 1;
}
