/** Preloaded into every process of a run with a planted bug (NODE_OPTIONS). A module whose text is another one than expected stops the process. */
import { appendFileSync } from 'node:fs';
import { registerHooks, type ModuleSource } from 'node:module';
import { plants, type Edit } from './plants.ts';

const name = process.env['FAULTS_PLANT'] ?? '';
const noteFile = process.env['FAULTS_PLANTED'];

export const applyEdits = (source: string, edits: readonly Edit[]): string =>
  edits.reduce((text, { module, find, replace }) => {
    if (text.split(find).length !== 2) throw new Error(`${module} does not hold this text once: ${find}`);
    return text.replace(find, () => replace);
  }, source);

const textOf = (source: ModuleSource | undefined): string =>
  typeof source === 'string' ? source : new TextDecoder().decode(source);

const edits = plants[name]?.edits ?? [];

if (edits.length > 0)
  registerHooks({
    load: (url, context, nextLoad) => {
      const loaded = nextLoad(url, context);
      const own = edits.filter(({ module }) => url.endsWith(`/${module}`));
      if (own.length === 0) return loaded;
      const source = applyEdits(textOf(loaded.source), own);
      if (noteFile !== undefined) appendFileSync(noteFile, `${process.pid} ${own[0]!.module}\n`);
      return { ...loaded, source };
    },
  });
