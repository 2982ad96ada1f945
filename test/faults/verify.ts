/** Judges a run by its folder: `node test/faults/verify.ts --run FOLDER`. Ends with 1 when an invariant is broken, with 2 when there is nothing to judge. */
import { parseArgs } from 'node:util';
import { messageOf } from '@sendpool/kernel';
import { detail, green, red } from '../../apps/standalone/demo/print.ts';
import { judgeDoubt } from './check-doubt.ts';
import { judgeEnds } from './check-ends.ts';
import { judgeRest } from './check-rest.ts';
import { judgesOfRecipients, type Check } from './checks.ts';
import { readEvidence, type Evidence } from './evidence.ts';
import { gatherFacts } from './facts.ts';

const numberOf = ({ name }: Check): number => Number.parseInt(name, 10);

export const verify = (evidence: Evidence): Check[] => {
  const facts = gatherFacts(evidence);
  return [...judgesOfRecipients, judgeRest, judgeDoubt, judgeEnds]
    .map((judge) => judge(facts))
    .sort((a, b) => numberOf(a) - numberOf(b));
};

/** Returns whether all of them hold. */
export const printChecks = (checks: readonly Check[]): boolean => {
  for (const { name, holds, detail: words, examples } of checks) {
    detail(`${holds ? green('ok    ') : red('BROKEN')} ${name} (${words})`);
    for (const example of examples) detail(`       ${example}`);
  }
  return checks.every(({ holds }) => holds);
};

if (import.meta.main) {
  const { values } = parseArgs({ options: { run: { type: 'string' } } });
  try {
    if (values.run === undefined) throw new Error('node test/faults/verify.ts --run FOLDER');
    process.exitCode = printChecks(verify(readEvidence(values.run))) ? 0 : 1;
  } catch (error) {
    console.error(messageOf(error));
    process.exitCode = 2;
  }
}
