/** npm start: the standing system. Says where it is, and stops cleanly on Ctrl-C. */
import { messageOf } from '@sendpool/kernel';
import { readStandaloneEnv } from './env.ts';
import { startSystem, type System } from './system.ts';

const stopDeadlineMs = 20_000;

const describe = (system: System, dataFolder: string): string => {
  const key =
    system.firstAdminKey === undefined
      ? ''
      : `\n  Admin API key  ${system.firstAdminKey}\n                 It is shown this once: keep it now. Send it as "Authorization: Bearer <key>".`;
  return `
Sendpool is running.

  GraphQL        ${system.gatewayUrl}/graphql${key}
  Data           ${dataFolder}  (database, secrets, logs; back up secrets.json with the database)

  Ctrl-C stops it; campaigns go on after the next start.
`;
};

const stopSignal = new AbortController();
process.on('SIGINT', () => stopSignal.abort());
process.on('SIGTERM', () => stopSignal.abort());
/** Resolves at the first Ctrl-C or SIGTERM. */
const untilStopped = (): Promise<void> =>
  new Promise((resolve) => {
    if (stopSignal.signal.aborted) resolve();
    else stopSignal.signal.addEventListener('abort', () => resolve());
  });

try {
  const env = readStandaloneEnv();
  console.log('Starting PostgreSQL and five services ...');
  const system = await startSystem({
    ...env,
    onRestart: (name, reason) => console.error(`${name} ended (${reason}); starting it again.`),
    signal: stopSignal.signal,
  });
  console.log(describe(system, env.dataFolder));
  await untilStopped();
  console.log('Stopping: finishing running conversations ...');
  await system.stop(stopDeadlineMs);
  console.log('Stopped.');
  process.exit(0);
} catch (error) {
  console.error(messageOf(error));
  process.exit(1);
}
