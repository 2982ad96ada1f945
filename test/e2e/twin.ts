/** A second process of a service beside the one that the launcher runs; when it is killed, nobody starts it again. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openSecrets } from '../../apps/standalone/src/secrets.ts';
import { planServices } from '../../apps/standalone/src/services.ts';
import type { Stage } from './stage.ts';

export type Twin = AsyncDisposable & {
  /** kill -9 */
  kill(): void;
};

const appsFolder = fileURLToPath(new URL('../../apps', import.meta.url));

const environmentOf = async (stage: Stage, name: 'sender' | 'scheduler'): Promise<Record<string, string>> => {
  const { secrets } = openSecrets(join(stage.folder, 'data'));
  const { databaseUrl } = stage.system;
  const services = await planServices({ databaseUrl, gatewayPort: 0, secrets, logLevel: 'info' });
  return services.find((service) => service.name === name)!.env;
};

/** Resolves once the process has said `line` in its log. */
export const startTwin = async (stage: Stage, name: 'sender' | 'scheduler', line: RegExp): Promise<Twin> => {
  const child = spawn(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', join(appsFolder, name, 'src/main.ts')],
    { env: { ...process.env, ...(await environmentOf(stage, name)) }, stdio: ['ignore', 'pipe', 'inherit'] },
  );
  const ended = once(child, 'exit');
  const said = new Promise<void>((resolve) => {
    createInterface(child.stdout).on('line', (text) => {
      if (line.test(text)) resolve();
    });
  });
  await Promise.race([said, ended.then(() => Promise.reject(new Error(`the second ${name} ended by itself`)))]);
  return {
    kill: () => child.kill('SIGKILL'),
    [Symbol.asyncDispose]: async () => {
      child.kill('SIGTERM');
      await ended;
    },
  };
};
