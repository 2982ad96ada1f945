/**
 * Composes the schemas of the services into the gateway's two files: supergraph.graphql (what it plans by) and public.graphql
 * (what clients see). With --check nothing is written, and a file that is out of date is a fault.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { composeServices, transformSupergraphToPublicSchema } from '@theguild/federation-composition';
import { parse, print } from 'graphql';

const root = join(import.meta.dirname, '..');
/** Places of the services when the environment of the gateway names no others. */
const services = { config: 4001, scheduler: 4002, stats: 4003 };

type Outputs = ReadonlyMap<string, string>;

const compose = (): { outputs: Outputs } | { faults: string[] } => {
  const result = composeServices(
    Object.entries(services).map(([name, port]) => ({
      name,
      url: `http://127.0.0.1:${port}/graphql`,
      typeDefs: parse(readFileSync(join(root, 'apps', name, 'schema.graphql'), 'utf8')),
    })),
  );
  if (result.errors !== undefined) {
    return {
      faults: result.errors.map((error) => `${JSON.stringify(error.extensions?.['code'])}: ${error.message}`),
    };
  }
  const supergraph = parse(result.supergraphSdl);
  return {
    outputs: new Map([
      ['apps/gateway/supergraph.graphql', `${print(supergraph)}\n`],
      ['apps/gateway/public.graphql', `${print(transformSupergraphToPublicSchema(supergraph))}\n`],
    ]),
  };
};

const readIfThere = (path: string): string => {
  try {
    return readFileSync(join(root, path), 'utf8');
  } catch {
    return '';
  }
};

const stale = (outputs: Outputs): string[] =>
  [...outputs].filter(([path, text]) => readIfThere(path) !== text).map(([path]) => path);

const main = (check: boolean): string[] => {
  const result = compose();
  if ('faults' in result) return result.faults;
  const changed = stale(result.outputs);
  if (check) return changed.map((path) => `${path} is out of date: run \`node tools/compose.ts\``);
  for (const path of changed) writeFileSync(join(root, path), result.outputs.get(path)!);
  return [];
};

const faults = main(process.argv.includes('--check'));
for (const fault of faults) console.error(fault);
process.exitCode = faults.length === 0 ? 0 : 1;
