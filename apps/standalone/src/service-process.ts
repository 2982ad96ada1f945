/** A service as a child process of the launcher, with a log file of its own. */
import { spawn, type ChildProcess } from 'node:child_process';
import { createWriteStream, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { RunningProcess } from './running-process.ts';
import { wholeEnvironment, type ServicePlan } from './services.ts';

const appsFolder = fileURLToPath(new URL('../..', import.meta.url));
const stopWithParent = fileURLToPath(new URL('./stop-with-parent.ts', import.meta.url));

const spawnService = (plan: ServicePlan, dataFolder: string): ChildProcess => {
  const { name, service } = plan;
  const log = createWriteStream(join(dataFolder, 'logs', `${name}.log`), { flags: 'a' });
  const program = join(appsFolder, service, 'src/main.ts');
  const child = spawn(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', '--import', stopWithParent, program],
    // Cut off from the terminal: Ctrl-C reaches the launcher alone, which ends the processes in their order.
    { env: wholeEnvironment(plan, process.env), stdio: ['ignore', 'pipe', 'pipe', 'ipc'], detached: true },
  );
  child.stdout!.pipe(log, { end: false });
  child.stderr!.pipe(log, { end: false });
  child.once('close', () => log.end());
  return child;
};

type Complaint = { msg?: string; code?: string };

/** The last complaint in what the service wrote at the end. A `code` of its own has the one that its environment or its clients led to. */
const complaintIn = (text: string): Complaint => {
  const line = text.split('\n').findLast((part) => part.startsWith('{"level":"error"'));
  try {
    return JSON.parse(line ?? '{}') as Complaint;
  } catch {
    return {}; // the end came in the midst of it
  }
};

/** How it ended, with its own word for it when it gave up by itself. */
const endOf = (child: ChildProcess): Pick<RunningProcess, 'ended'> & { complaint(): Complaint } => {
  let last = '';
  let complaint: Complaint = {};
  child.stdout!.on('data', (chunk: Buffer) => {
    last = chunk.toString();
  });
  const ended = new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('close', (code, signal) => {
      if (signal === null) complaint = complaintIn(last);
      const { msg } = complaint;
      resolve(signal ?? `exit code ${code ?? 0}${msg === undefined ? '' : `: ${msg}`}`);
    });
  });
  return { ended, complaint: () => complaint };
};

const hasEnded = (child: ChildProcess): boolean => child.exitCode !== null || child.signalCode !== null;

const stopChild = async (child: ChildProcess, ended: Promise<string>, deadlineMs: number): Promise<void> => {
  if (hasEnded(child)) return;
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), deadlineMs);
  await ended;
  clearTimeout(timer);
};

/** Starts it; its log is `logs/<name>.log` below `dataFolder`, and what it keeps lies in `state/<name>`. */
export const startService = (plan: ServicePlan, dataFolder: string): RunningProcess => {
  for (const folder of ['logs', join('state', plan.name)]) mkdirSync(join(dataFolder, folder), { recursive: true });
  const child = spawnService(plan, dataFolder);
  const { ended, complaint } = endOf(child);
  const stop = (deadlineMs: number): Promise<void> => stopChild(child, ended, deadlineMs);
  const isMisconfigured = (): boolean => complaint().code === 'BAD_CONFIGURATION';
  return { pid: child.pid ?? 0, port: plan.port, ended, stop, isMisconfigured };
};
