/** npm run bench -- whole: figures of this machine, each with a reference measured beside it. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { benchWhole } from './whole.ts';

const usage = `npm run bench -- whole [--recipients N] [--report FILE]

  whole           the whole path on the embedded default: three fast local SMTP servers, no faults
  --recipients N  default 50,000
  --report FILE   write the figures as JSON`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { report: { type: 'string' }, recipients: { type: 'string', default: '50000' }, help: { type: 'boolean' } },
});
const recipients = Number(values.recipients);
if (values.help === true || positionals[0] !== 'whole' || !Number.isInteger(recipients) || recipients < 1) {
  console.error(usage);
  process.exit(values.help === true ? 0 : 2);
}
const folder = mkdtempSync(join(tmpdir(), 'sendpool-bench-'));
try {
  const report = await benchWhole(folder, recipients);
  if (values.report !== undefined) {
    mkdirSync(dirname(values.report), { recursive: true });
    writeFileSync(values.report, `${JSON.stringify(report, null, 2)}\n`);
  }
  process.exit(0);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
