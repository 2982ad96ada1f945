/** The files in which the launcher keeps what it knows: readers see each before or after, never half of it. */
import { renameSync, rmSync, writeFileSync } from 'node:fs';

/** `mode` is that of the new file; default: readable by all. */
export const replaceJson = (file: string, value: object, mode = 0o644): void => {
  const draft = `${file}.draft`;
  rmSync(draft, { force: true });
  writeFileSync(draft, `${JSON.stringify(value, null, 2)}\n`, { mode, flag: 'wx' });
  renameSync(draft, file);
};
