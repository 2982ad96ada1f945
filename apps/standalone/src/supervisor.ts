/** Starts services as child processes, starts them again when they end by themselves, and stops them in reverse order. */
import { spawn, type ChildProcess } from 'node:child_process';
import { createWriteStream, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { backoffDelay, sleep } from '@sendpool/kernel';
import type { Service } from './services.ts';

const appsFolder = fileURLToPath(new URL('../..', import.meta.url));
const stopWithParent = fileURLToPath(new URL('./stop-with-parent.ts', import.meta.url));
const restartPlan = { firstMs: 200, factor: 2, maxMs: 5_000, jitter: 0.2 };
/** A service that ran this long is healthy again: its next restart comes at once. */
const healthyMs = 30_000;
/** Every service gets this long to stop, even when the ones before it used up the time. */
const leastMercyMs = 1_000;

export type SupervisorOptions = {
  /** Folder for `logs/<service>.log` and `processes.json` (name -> pid and port). */
  dataFolder: string;
  /** Told in words when a service ended by itself and is started again. */
  onRestart(name: string, reason: string): void;
};

type Running = { service: Service; child: ChildProcess; startedAt: number; restarts: number };

export type Supervisor = {
  start(service: Service): void;
  /** Resolves when /readyz of every service says so. Rejects after `timeoutMs` or when aborted, naming the ones that are not ready. */
  waitReady(timeoutMs: number, signal?: AbortSignal): Promise<void>;
  /** SIGTERM in reverse order of start; what still runs after `deadlineMs` in all is ended with SIGKILL. */
  stop(deadlineMs: number): Promise<void>;
};

const spawnService = (service: Service, dataFolder: string): ChildProcess => {
  const log = createWriteStream(join(dataFolder, 'logs', `${service.name}.log`), { flags: 'a' });
  const child = spawn(
    process.execPath,
    [
      '--disable-warning=ExperimentalWarning',
      '--import',
      stopWithParent,
      join(appsFolder, service.name, 'src/main.ts'),
    ],
    { env: { ...process.env, ...service.env }, stdio: ['ignore', 'pipe', 'pipe', 'ipc'] },
  );
  child.stdout!.pipe(log, { end: false });
  child.stderr!.pipe(log, { end: false });
  child.once('close', () => log.end());
  return child;
};

const isReady = async (port: number): Promise<boolean> => {
  try {
    const response = await fetch(`http://127.0.0.1:${port}/readyz`, { signal: AbortSignal.timeout(1_000) });
    return response.ok;
  } catch {
    return false;
  }
};

const hasEnded = (child: ChildProcess): boolean => child.exitCode !== null || child.signalCode !== null;

const endOf = (child: ChildProcess): Promise<void> =>
  new Promise((resolve) => (hasEnded(child) ? resolve() : child.once('exit', () => resolve())));

const stopChild = async (child: ChildProcess, deadlineMs: number): Promise<void> => {
  if (hasEnded(child)) return;
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), deadlineMs);
  await endOf(child);
  clearTimeout(timer);
};

const writeProcesses = (dataFolder: string, running: ReadonlyMap<string, Running>): void => {
  const processes = [...running.values()].map(({ service, child }) => [
    service.name,
    { pid: child.pid, port: service.port },
  ]);
  const all = { standalone: { pid: process.pid }, ...Object.fromEntries(processes) } as object;
  writeFileSync(join(dataFolder, 'processes.json'), `${JSON.stringify(all, null, 2)}\n`);
};

export const createSupervisor = ({ dataFolder, onRestart }: SupervisorOptions): Supervisor => {
  const running = new Map<string, Running>();
  const stopping = new AbortController();
  mkdirSync(join(dataFolder, 'logs'), { recursive: true });

  const launch = (service: Service, restarts: number): void => {
    const child = spawnService(service, dataFolder);
    running.set(service.name, { service, child, startedAt: performance.now(), restarts });
    writeProcesses(dataFolder, running);
    child.once('exit', (code, signal) => void relaunch(service.name, signal ?? `exit code ${code ?? 0}`));
  };

  const relaunch = async (name: string, reason: string): Promise<void> => {
    if (stopping.signal.aborted) return;
    const { service, startedAt, restarts } = running.get(name)!;
    const count = performance.now() - startedAt > healthyMs ? 1 : restarts + 1;
    onRestart(name, reason);
    await sleep(count === 1 ? 0 : backoffDelay(restartPlan, count - 1), stopping.signal);
    if (!stopping.signal.aborted) launch(service, count);
  };

  return {
    start: (service) => launch(service, 0),
    waitReady: async (timeoutMs, signal) => {
      const end = performance.now() + timeoutMs;
      for (;;) {
        const checks = [...running.values()].map(async ({ service }) =>
          (await isReady(service.port)) ? [] : [service.name],
        );
        const missing = (await Promise.all(checks)).flat();
        if (missing.length === 0) return;
        if (performance.now() > end || signal?.aborted === true)
          throw new Error(
            `not ready after ${Math.round(timeoutMs / 1000)} s: ${missing.join(', ')}; see ${join(dataFolder, 'logs')}`,
          );
        await sleep(100, signal);
      }
    },
    stop: async (deadlineMs) => {
      stopping.abort();
      const end = performance.now() + deadlineMs;
      for (const { child } of [...running.values()].reverse())
        await stopChild(child, Math.max(leastMercyMs, end - performance.now()));
    },
  };
};
