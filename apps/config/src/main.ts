/** The config service: sending servers, pools, credentials and API keys. */
import { lookup } from 'node:dns/promises';
import { createDatabase } from '@sendpool/database';
import { createEventLog } from '@sendpool/event-log';
import { createSubgraph } from '@sendpool/graphql';
import { newId } from '@sendpool/kernel';
import {
  createLog,
  createMetrics,
  openSecret,
  runService,
  sealSecret,
  verifyRequest,
  type Part,
} from '@sendpool/service';
import { probeServer } from '@sendpool/smtp';
import { createWake } from './api/events/wake.ts';
import { createResolvers, typeDefs } from './api/graphql/resolvers.ts';
import { createBootstrapAdminKey } from './domain/bootstrap-admin-key.ts';
import { readConfigEnv } from './env.ts';
import { createProbe } from './probe.ts';
import { createPublishing } from './publishing.ts';
import { createKeyStore } from './store/api-key.store.ts';
import { createOutboxes } from './store/outbox.store.ts';
import { createPoolStore } from './store/pool.store.ts';
import { createServerStore } from './store/sending-server.store.ts';
import { entities, migrations, schema } from './store/tables.ts';
import { createUseCases } from './use-cases.ts';

const name = 'config';
const env = readConfigEnv();
const log = createLog({ name, level: env.LOG_LEVEL });
const metrics = createMetrics(name);
const applicationName = `sendpool ${name}`;
const database = await createDatabase({ url: env.DATABASE_URL, schema, entities, migrations, applicationName });
const eventLog = await createEventLog({ url: env.EVENT_LOG_URL, applicationName });

const publisher = createWake();
const stores = {
  servers: createServerStore(database, publisher.wake),
  pools: createPoolStore(database, publisher.wake),
  keys: createKeyStore(database, publisher.wake),
};
const verifications = metrics.counter('config_verifications', 'Verifications of servers by result.', ['result']);
const probe = createProbe({
  open: (sealed, serverId) => openSecret(sealed, serverId, env.CREDENTIALS_KEY),
  talk: async (server) => {
    const answer = await probeServer(server);
    verifications.inc({ result: answer.ok ? 'PASSED' : answer.stage });
    return answer;
  },
  allowPrivate: env.ALLOW_PRIVATE_SERVERS,
  lookup: (host) => lookup(host, { all: true }),
});
const seal = (plain: string, serverId: string) => sealSecret(plain, serverId, env.CREDENTIALS_KEY);

const door = await createSubgraph({
  typeDefs,
  resolvers: createResolvers(createUseCases({ ...stores, seal, probe })),
  actorOf: (req, body) => verifyRequest(req, body, { secret: env.INTERNAL_SECRET }),
  log,
});
const bootstrap = createBootstrapAdminKey({ keys: stores.keys, newId, now: () => new Date() });
const parts: Part[] = [
  { name: 'database', ready: database.isReady, stop: database.close },
  { name: 'event-log', ready: () => eventLog.isReady(), stop: () => eventLog.close() },
  {
    name: 'first-key',
    start: async () => {
      const { BOOTSTRAP_ADMIN_KEY_HASH: hash, BOOTSTRAP_ADMIN_KEY_PREFIX: prefix } = env;
      if (hash !== undefined && prefix !== undefined && (await bootstrap({ hash, prefix })))
        log.info({ prefix }, 'the first ADMIN key was put in');
    },
  },
  ...createPublishing({ eventLog, outboxes: createOutboxes(database.sql, stores), publisher, log, metrics }),
  door.part,
];

await runService({
  name,
  http: { host: env.HTTP_HOST, port: env.HTTP_PORT },
  parts,
  log,
  metrics,
  routes: [door.route],
});
