/** Has the stats service count the event log again and compare: the same command that an operator would use. */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { System } from '../src/system.ts';

const command = fileURLToPath(new URL('../../stats/src/recount.ts', import.meta.url));

export type Recount = {
  /** Every number came out equal. */
  isEqual: boolean;
  /** Last line of what the command said. */
  said: string;
};

export const recountStatistics = ({
  databaseUrl,
  eventLogUrl,
}: Pick<System, 'databaseUrl' | 'eventLogUrl'>): Recount => {
  const env = { ...process.env, DATABASE_URL: databaseUrl, EVENT_LOG_URL: eventLogUrl };
  const { status, stdout, stderr } = spawnSync(process.execPath, [command], { env, encoding: 'utf8' });
  const lines = `${stdout}${stderr}`.trim().split('\n');
  return { isEqual: status === 0, said: lines.at(-1) ?? '' };
};
