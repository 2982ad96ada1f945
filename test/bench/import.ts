/** bench import: rows a second of an upload through the gateway, and the memory of gateway and scheduler meanwhile. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { onSignal } from '../../apps/standalone/demo/on-signal.ts';
import { createApi } from '../../apps/standalone/demo/api.ts';
import { table } from '../../apps/standalone/demo/print.ts';
import type { Shape } from '../../apps/standalone/src/shape.ts';
import { startSystem, type System } from '../../apps/standalone/src/system.ts';
import { addAudience } from '../e2e/stage.ts';
import { residentMb } from './memory.ts';

/** Resident memory of a process in MB: before the upload, its peaks in the first and the second half of the rows. */
type Memory = { before: number; firstHalf: number; secondHalf: number };

export type ImportBench = {
  rows: number;
  seconds: number;
  rowsPerSecond: number;
  megabytes: number;
  memory: Record<string, Memory>;
  good: boolean;
};

/** Of a cluster each of its replicas, as in `gateway-1`. */
const isWatched = (process: string): boolean => /^(gateway|scheduler)(-\d+)?$/.test(process);

/**
 * What a process may take for an upload, however many rows it has, in MB: chunks, buffers, and what V8 has not collected yet. Measured: 257 for
 * one million rows and for two and a half.
 */
const mayTake = 320;
/** Rows in one piece of the body. */
const piece = 1000;

async function* csvOf(rows: number): AsyncGenerator<string> {
  yield 'email,first_name,city\n';
  for (let from = 0; from < rows; from += piece) {
    const lines = Array.from({ length: Math.min(piece, rows - from) }, (_, index) => {
      const number = from + index;
      return `customer.${number}@shop${number % 500}.example,Ann ${number},"Oslo, ${number % 90}"\n`;
    });
    yield lines.join('');
  }
}

const pidsOf = (dataFolder: string): Record<string, { pid: number }> =>
  JSON.parse(readFileSync(join(dataFolder, 'processes.json'), 'utf8')) as Record<string, { pid: number }>;

const watchMemory = (dataFolder: string) => {
  const pids = pidsOf(dataFolder);
  const memory: Record<string, Memory> = {};
  for (const name of Object.keys(pids).filter(isWatched)) {
    const before = residentMb(pids[name]!.pid);
    memory[name] = { before, firstHalf: 0, secondHalf: 0 };
  }
  const look = (half: 'firstHalf' | 'secondHalf'): void => {
    for (const [name, row] of Object.entries(memory)) row[half] = Math.max(row[half], residentMb(pids[name]!.pid));
  };
  return { memory, look };
};

const upload = async (system: System, audienceId: string, body: Readable): Promise<number> => {
  const init = {
    method: 'POST',
    headers: { 'content-type': 'text/csv', authorization: `Bearer ${system.firstAdminKey}` },
    body: Readable.toWeb(body),
    duplex: 'half',
  };
  const answer = await fetch(`${system.gatewayUrl}/audiences/${audienceId}/contacts`, init as RequestInit);
  const report = (await answer.json()) as { imported?: number };
  if (answer.status !== 200) throw new Error(`the upload was refused: ${JSON.stringify(report)}`);
  return report.imported ?? 0;
};

const measure = async (system: System, dataFolder: string, rows: number): Promise<ImportBench> => {
  const api = createApi(() => system.gatewayUrl, system.firstAdminKey!);
  const audienceId = await addAudience(api, 'bench', 'email\nfirst@example.com\n');
  const { memory, look } = watchMemory(dataFolder);
  let [sent, bytes] = [0, 0];
  const body = Readable.from(csvOf(rows), { highWaterMark: 1 });
  body.on('data', (text: string) => {
    sent += piece;
    bytes += text.length;
  });
  const began = performance.now();
  const timer = setInterval(() => look(sent < rows / 2 ? 'firstHalf' : 'secondHalf'), 200);
  const imported = await upload(system, audienceId, body.pause()).finally(() => clearInterval(timer));
  const seconds = (performance.now() - began) / 1000;
  if (imported !== rows) throw new Error(`${imported} of ${rows} rows were imported`);
  const good = Object.values(memory).every((row) => Math.max(row.firstHalf, row.secondHalf) - row.before <= mayTake);
  return { rows, seconds, rowsPerSecond: rows / seconds, megabytes: bytes / 1e6, memory, good };
};

const count = (value: number): string => Math.round(value).toLocaleString('en');

const print = ({ rows, seconds, rowsPerSecond, megabytes, memory, good }: ImportBench): void => {
  console.log(
    `\n${count(rows)} rows, ${megabytes.toFixed(1)} MB in ${seconds.toFixed(1)} s: ${count(rowsPerSecond)} rows/s`,
  );
  table(
    ['process', 'MB before', 'peak, first half', 'peak, second half'],
    Object.entries(memory).map(([name, { before, firstHalf, secondHalf }]) => [
      name,
      count(before),
      count(firstHalf),
      count(secondHalf),
    ]),
  );
  console.log(good ? 'Memory is flat.' : `A process took more than ${mayTake} MB for it.`);
};

/** Uploads so many rows to a fresh audience and prints. Throws when a row is missing. */
export const benchImport = async (folder: string, shape: Shape, rows: number): Promise<ImportBench> => {
  const dataFolder = join(folder, 'import');
  const start = new AbortController();
  const options = { dataFolder, shape, gatewayPort: 0, logLevel: 'info', onRestart: () => undefined } as const;
  const starting = startSystem({ ...options, signal: start.signal });
  onSignal(async () => {
    start.abort();
    await (await starting).stop(10_000);
  });
  const system = await starting;
  try {
    const report = await measure(system, dataFolder, rows);
    print(report);
    return report;
  } finally {
    await system.stop(15_000);
  }
};
