/** What may handle passwords in plain text: the sealing of a new one, and the verification of a server. */
import { lookup } from 'node:dns/promises';
import { openingKeys, openSecret, sealSecret, type Metrics } from '@sendpool/service';
import { askSesAccount } from '@sendpool/ses';
import { probeServer } from '@sendpool/smtp';
import type { SealPassword } from './domain/create-sending-server.ts';
import type { VerifySendingServerDeps } from './domain/verify-sending-server.ts';
import type { ConfigEnv } from './env.ts';
import { createProbe } from './probe.ts';

export type Credentials = { seal: SealPassword; probe: VerifySendingServerDeps['probe'] };

/** Milliseconds: a person waits for the answer. */
const patience = { connect: 5000, greeting: 5000, command: 10_000, quit: 1000 };
const sesTimeoutMs = 5000;

export const createCredentials = (env: ConfigEnv, metrics: Metrics): Credentials => {
  const results = metrics.counter(
    'config_verifications_total',
    'Verifications of servers: PASSED or the stage that failed.',
    ['result'],
  );
  const keys = openingKeys(env);
  const probe = createProbe({
    open: (sealed, serverId) => openSecret(sealed, serverId, keys),
    talk: (server) => probeServer(server, patience),
    askSes: (question) => askSesAccount({ ...question, timeoutMs: sesTimeoutMs }),
    now: () => new Date(),
    allowPrivate: env.ALLOW_PRIVATE_SERVERS,
    lookup: (host) => lookup(host, { all: true }),
  });
  return {
    seal: (plain, serverId) => sealSecret(plain, serverId, env.CREDENTIALS_KEY),
    probe: async (server) => {
      const answer = await probe(server);
      results.inc({ result: answer.ok ? 'PASSED' : answer.stage });
      return answer;
    },
  };
};
