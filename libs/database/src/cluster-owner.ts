/** One process at a time owns a cluster's folder; what a killed owner left behind is found and ended here. */
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { AppError, sleep } from '@sendpool/kernel';

const read = (path: string): string | undefined => {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
};

/** Field 22 of /proc/<pid>/stat, so that a number that was given to another process is not mistaken for the owner. */
const startTimeOf = (pid: number): string | undefined => {
  const stat = read(`/proc/${pid}/stat`);
  return stat?.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
};

const isRunning = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
};

const ownerFile = (directory: string): string => join(directory, 'owner');

/** Throws AppError BAD_CONFIGURATION when another live process owns the folder. */
export const takeOwnership = (directory: string): void => {
  const [pid, startTime] = (read(ownerFile(directory)) ?? '').split(' ');
  const owner = Number(pid);
  if (owner > 0 && isRunning(owner) && (startTimeOf(owner) ?? '') === startTime) {
    throw new AppError('BAD_CONFIGURATION', `the database in ${directory} is in use by process ${owner}`);
  }
  writeFileSync(ownerFile(directory), `${process.pid} ${startTimeOf(process.pid) ?? ''}`);
};

export const giveUpOwnership = (directory: string): void => rmSync(ownerFile(directory), { force: true });

/** The server's process number, when postmaster.pid names a process that is still a PostgreSQL server. */
const survivingServer = (data: string): number | undefined => {
  const pid = Number(read(join(data, 'postmaster.pid'))?.split('\n')[0]);
  if (!(pid > 0) || !isRunning(pid)) return undefined;
  const command = read(`/proc/${pid}/cmdline`);
  return command === undefined || command.includes('postgres') ? pid : undefined;
};

/** Ends the server that an owner killed by force left running: fast shutdown, and without mercy after 20 s. */
export const endSurvivor = async (data: string): Promise<void> => {
  const pid = survivingServer(data);
  if (pid === undefined) return;
  process.kill(pid, 'SIGINT');
  for (let waited = 0; isRunning(pid) && waited < 25_000; waited += 50) {
    if (waited === 20_000) process.kill(pid, 'SIGQUIT');
    await sleep(50);
  }
};
