/** The one-way rule: runs dependency-cruiser over the sources, and distrusts it when it says that it saw next to nothing. */
import { spawnSync } from 'node:child_process';

type Violation = { from: string; to: string; rule: { name: string } };
export type CruiseResult = { modules: number; violations: string[] };

/** Cruises `paths` of the tree at `root` under the project's rules. Throws when the tool itself fails. */
export const cruise = (paths: readonly string[], root: string = '.'): CruiseResult => {
  const args = [...paths, '--config', '.dependency-cruiser.mjs', '--output-type', 'json'];
  const { stdout, stderr } = spawnSync('depcruise', args, {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 256 * 1024 * 1024,
  });
  if (!stdout.startsWith('{')) throw new Error(`dependency-cruiser failed: ${stderr}`);
  const { summary } = JSON.parse(stdout) as { summary: { totalCruised: number; violations: Violation[] } };
  return {
    modules: summary.totalCruised,
    violations: summary.violations.map(({ from, to, rule }) => `${rule.name}: ${from} -> ${to}`),
  };
};

if (import.meta.main) {
  const { modules, violations } = cruise(['apps', 'examples', 'libs', 'test', 'tools']);
  for (const line of violations) console.error(line);
  // With the wrong TypeScript installed the tool cruises nothing and is content.
  if (modules < 100) console.error(`only ${modules} modules were seen: is TypeScript 6 installed?`);
  console.log(`${modules} modules, ${violations.length} forbidden imports`);
  process.exit(violations.length === 0 && modules >= 100 ? 0 : 1);
}
