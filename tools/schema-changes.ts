/**
 * Compares the public schema with the one that was released last. What breaks clients fails the check, unless it is written down with its
 * reason; a release moves the baseline.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readCommandLine } from '@sendpool/service';
import { buildSchema } from 'graphql';
import { faultsOf, findChanges, readEntries, released, unreleased } from './schema/find-changes.ts';

const usage = `npx node tools/schema-changes.ts [--release VERSION]

Fails when apps/gateway/public.graphql takes something away from users of apps/gateway/public.released.graphql that is not written down
in apps/gateway/schema-changes.md.

  --release VERSION  when this version is released: the schema of now is the baseline from then on`;

const { values } = readCommandLine({ usage, options: { release: { type: 'string' } } });
const gateway = join(import.meta.dirname, '../apps/gateway');
const [current, baseline, notes] = ['public.graphql', 'public.released.graphql', 'schema-changes.md'].map((name) =>
  join(gateway, name),
) as [string, string, string];
const read = (path: string): string => readFileSync(path, 'utf8');

const advice = `
Keep what clients use and mark it @deprecated, or write the change down under "${unreleased}" in apps/gateway/schema-changes.md, with its reason:
- \`the sentence from above\` why, and what clients do now
When a version is released: npx node tools/schema-changes.ts --release VERSION makes the schema of now the baseline.`;

const faults = faultsOf(findChanges(buildSchema(read(baseline)), buildSchema(read(current))), readEntries(read(notes)));
for (const fault of faults) console.error(fault);
if (faults.length > 0) {
  console.error(advice);
  process.exitCode = 1;
} else if (values.release !== undefined) {
  writeFileSync(baseline, read(current));
  writeFileSync(notes, released(read(notes), values.release));
}
