/** npm start and npm run cluster: the standing system. Says where it is, and stops cleanly on Ctrl-C. */
import { messageOf } from '@sendpool/kernel';
import { readyText, startLine } from './announce.ts';
import { readStandaloneEnv } from './env.ts';
import { printNewAdminKey } from './new-admin-key.ts';
import { readLauncherOptions } from './options.ts';
import { startSystem } from './system.ts';

const stopDeadlineMs = 20_000;

const stopSignal = new AbortController();
process.on('SIGINT', () => stopSignal.abort());
process.on('SIGTERM', () => stopSignal.abort());
/** Resolves at the first Ctrl-C or SIGTERM. */
const untilStopped = (): Promise<void> =>
  new Promise((resolve) => {
    if (stopSignal.signal.aborted) resolve();
    else stopSignal.signal.addEventListener('abort', () => resolve());
  });

const { shape, newAdminKey } = readLauncherOptions();
try {
  const env = readStandaloneEnv(shape);
  if (newAdminKey) process.exit(await printNewAdminKey(env));
  console.log(startLine(env, shape));
  const system = await startSystem({
    ...env,
    shape,
    onRestart: (name, reason) => console.error(`${name} ended (${reason}); starting it again.`),
    signal: stopSignal.signal,
  });
  console.log(readyText(system, env, shape));
  await untilStopped();
  console.log('Stopping: finishing running conversations ...');
  await system.stop(stopDeadlineMs);
  console.log('Stopped.');
  process.exit(0);
} catch (error) {
  console.error(messageOf(error));
  process.exit(1);
}
