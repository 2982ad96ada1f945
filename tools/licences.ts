/** Fails when an installed package's licence is not on the list. Reads package-lock.json, into which npm writes each package's `license`. */
import { readFileSync } from 'node:fs';

const allowed = new Set([
  '0BSD',
  'Apache-2.0',
  'BlueOak-1.0.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'CC-BY-4.0',
  'CC0-1.0',
  'ISC',
  'MIT',
  'MIT-0',
  'MPL-2.0',
  'PostgreSQL',
  'Python-2.0',
  'Unlicense',
  'WTFPL',
]);

/** True when the SPDX expression can be met with allowed licences alone: one side of an OR, every side of an AND. */
export const isAllowed = (expression: string): boolean => {
  const text = expression.replaceAll(/[()]/g, '');
  if (text.includes(' OR ')) return text.split(' OR ').some(isAllowed);
  return text.split(' AND ').every((part) => allowed.has(part.trim()));
};

type LockEntry = { link?: boolean; license?: string; version?: string };

/** Lines that name each package whose licence is missing or not allowed. */
export const licenceFaults = (packages: Record<string, LockEntry>): string[] =>
  Object.entries(packages)
    .filter(
      ([path, entry]) => path.includes('node_modules/') && entry.link !== true && !isAllowed(entry.license ?? 'none'),
    )
    .map(([path, entry]) => `${path}@${entry.version ?? '?'}: ${entry.license ?? 'no licence given'}`);

if (import.meta.main) {
  const { packages } = JSON.parse(readFileSync('package-lock.json', 'utf8')) as { packages: Record<string, LockEntry> };
  const faults = licenceFaults(packages);
  for (const fault of faults) console.error(fault);
  console.log(`${Object.keys(packages).length} packages, ${faults.length} with a licence that is not allowed`);
  process.exit(faults.length === 0 ? 0 : 1);
}
