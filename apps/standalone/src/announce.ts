/** What the launcher tells the person who started it. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { StandaloneEnv } from './env.ts';
import { serviceNames, type Shape } from './shape.ts';
import type { System } from './system.ts';

const numbers = ['no', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine', 'ten', 'eleven'];

/** Said before anything is started. */
export const startLine = ({ databaseUrl, kafkaBrokers }: StandaloneEnv, { eventLog, replicas }: Shape): string => {
  const services = serviceNames.reduce((sum, name) => sum + replicas[name], 0);
  const parts = [
    ...(databaseUrl === undefined ? ['PostgreSQL'] : []),
    ...(eventLog === 'KAFKA' && kafkaBrokers === undefined ? ['Apache Kafka'] : []),
    `${numbers[services] ?? services} services`,
  ];
  return `Starting ${parts.slice(0, -1).join(', ')}${parts.length > 1 ? ' and ' : ''}${parts.at(-1)} ...`;
};

type Row = { pid: number; port?: number };

const processTable = (dataFolder: string): string => {
  const all = JSON.parse(readFileSync(join(dataFolder, 'processes.json'), 'utf8')) as Record<string, Row>;
  const rows = Object.entries(all).map(
    ([name, { pid, port }]) => `    ${name.padEnd(12)} ${String(pid).padStart(8)} ${String(port ?? '').padStart(6)}`,
  );
  return `\n  Processes          pid   port\n${rows.join('\n')}\n`;
};

const lost = ({ eventLog }: Shape): string =>
  `shown at the first start; when it is lost: npm ${eventLog === 'KAFKA' ? 'run cluster' : 'start'} -- --new-admin-key`;

const keyLines = (key: string | undefined, shape: Shape): string =>
  key === undefined
    ? `\n  Admin API key  ${lost(shape)}`
    : `\n  Admin API key  ${key}\n                 It is shown this once: keep it now. Send it as "Authorization: Bearer <key>".`;

const homeOf = ({ databaseUrl }: StandaloneEnv): string =>
  databaseUrl === undefined
    ? 'database, secrets, logs; back up secrets.json with the database'
    : 'secrets, logs; back up secrets.json with the database, which is the one of DATABASE_URL';

/** Without its login and its parameters. */
const placeOf = (eventLogUrl: string): string => eventLogUrl.replace(/\?.*/, '').replace(/\/\/.*@/, '//');

type Announced = Pick<System, 'gatewayUrl' | 'gatewayUrls' | 'firstAdminKey' | 'eventLogUrl'>;

/** Said once everything is ready. A system with several processes of a kind lists them. */
export const readyText = (system: Announced, env: StandaloneEnv, shape: Shape): string => {
  const addresses = system.gatewayUrls.map((url) => `${url}/graphql`).join('\n                 ');
  const page = env.graphiql ? `\n  GraphiQL       ${system.gatewayUrl}/graphiql  (a page to try it in)` : '';
  const log = shape.eventLog === 'KAFKA' ? `\n  Event log      ${placeOf(system.eventLogUrl)}` : '';
  const isCluster = serviceNames.some((name) => shape.replicas[name] > 1);
  return `
Sendpool is running.

  GraphQL        ${addresses}${page}${keyLines(system.firstAdminKey, shape)}
  Data           ${env.dataFolder}  (${homeOf(env)})${log}
${isCluster ? processTable(env.dataFolder) : ''}
  Ctrl-C stops it; campaigns go on after the next start.
`;
};
