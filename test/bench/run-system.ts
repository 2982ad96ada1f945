/** A whole system for a bench that needs no mail servers: started, handed over, and stopped whatever happens. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { onSignal } from '../../apps/standalone/demo/on-signal.ts';
import type { ProcessEntry } from '../../apps/standalone/src/process-table.ts';
import { singleShape, type Shape } from '../../apps/standalone/src/shape.ts';
import { startSystem, type System } from '../../apps/standalone/src/system.ts';

export type Bench = { system: System; processes: Readonly<Record<string, ProcessEntry>> };

/** `shape`: default one process of each service, the event log in PostgreSQL. */
export const withSystem = async <Report>(
  folder: string,
  measure: (bench: Bench) => Promise<Report>,
  shape: Shape = singleShape,
): Promise<Report> => {
  const dataFolder = join(folder, 'data');
  const start = new AbortController();
  const options = { dataFolder, shape, gatewayPort: 0, logLevel: 'info' } as const;
  const starting = startSystem({ ...options, onRestart: () => undefined, signal: start.signal });
  onSignal(async () => {
    start.abort();
    await (await starting).stop(10_000);
  });
  const system = await starting;
  try {
    const table = readFileSync(join(dataFolder, 'processes.json'), 'utf8');
    return await measure({ system, processes: JSON.parse(table) as Bench['processes'] });
  } finally {
    await system.stop(15_000);
  }
};
