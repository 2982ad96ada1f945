/**
 * Compares docker/ with what the services need, and lints it. A linter that this machine cannot have is SKIPPED with the reason;
 * with SENDPOOL_REQUIRE_ALL=1 that is a failure.
 */
import { dockerFaults } from './docker/faults.ts';
import { lintDocker, type Verdict } from './docker/linters.ts';
import { readTexts } from './docker/texts.ts';

const texts = readTexts();
const faults = dockerFaults(texts);
const own: Verdict = { name: 'own rules', status: faults.length === 0 ? 'ok' : 'FAILED', output: faults.join('\n') };
const verdicts = [own, ...(await lintDocker(texts))];
for (const { name, status, output } of verdicts) {
  console.log(`${status} ${name}${status === 'SKIPPED' ? `: ${output}` : ''}`);
  if (status === 'FAILED') console.log(output);
}
const mustRunAll = process.env['SENDPOOL_REQUIRE_ALL'] === '1';
const isBad = ({ status }: Verdict): boolean => status === 'FAILED' || (mustRunAll && status === 'SKIPPED');
process.exit(verdicts.some(isBad) ? 1 : 0);
