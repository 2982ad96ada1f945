/** Verifies a sending server over the network: opens its password, looks where its host leads, and holds the conversation or asks SES. */
import type { SealedSecret } from '@sendpool/contracts';
import { isAppError, isPublicAddress } from '@sendpool/kernel';
import type { SmtpServer } from '@sendpool/smtp';
import { probeMessage } from './domain/probe-message.ts';
import type { SendingServer } from './domain/sending-server.ts';
import { accountFault, type AskSesAccount, type SesQuestion } from './domain/ses.ts';
import type { ProbeAnswer } from './domain/verify-sending-server.ts';

export type ProbeDeps = {
  /** Throws AppError DECRYPTION_FAILED. */
  open(sealed: SealedSecret, serverId: string): string;
  talk(server: SmtpServer): Promise<ProbeAnswer>;
  askSes: AskSesAccount;
  now(): Date;
  /** False: only addresses of the public internet are reached. */
  allowPrivate: boolean;
  /** All addresses of a host. */
  lookup(host: string): Promise<{ address: string }[]>;
};

const refuseAt = (stage: 'CONNECT' | 'AUTH', message: string): ProbeAnswer => ({ ok: false, stage, message });

const unopened = refuseAt(
  'AUTH',
  'The stored password cannot be opened with the present key. Give the password again.',
);
const notPublic = refuseAt('CONNECT', 'The host is not known, or is not an address of the public internet.');

/** One answer for unknown and for private hosts, so that it tells nothing of the network behind. */
const isReachable = async (deps: ProbeDeps, host: string): Promise<boolean> => {
  if (deps.allowPrivate) return true;
  const addresses = await deps.lookup(host).catch(() => []);
  return addresses.length > 0 && addresses.every(({ address }) => isPublicAddress(address));
};

const openPassword = (deps: ProbeDeps, server: SendingServer): string | null | undefined => {
  try {
    return server.password === null ? null : deps.open(server.password, server.id);
  } catch (error) {
    if (isAppError(error, 'DECRYPTION_FAILED')) return undefined;
    throw error;
  }
};

/** Without TLS only when the policy is NONE, as for a stand-in on the same machine. */
const endpointOf = ({ host, port, tls }: SendingServer): string =>
  `${tls === 'NONE' ? 'http' : 'https'}://${host.includes(':') ? `[${host}]` : host}:${port}`;

const questionOf = (server: SendingServer, secret: string | null): SesQuestion => {
  const { username, caCertificate } = server;
  const credentials = username === null ? null : { accessKeyId: username, secretAccessKey: secret ?? '' };
  return { region: server.ses?.region ?? '', endpoint: endpointOf(server), credentials, caCertificate };
};

/** An account that may not send is a failure, with the account beside it. */
const askAccount = async (deps: ProbeDeps, question: SesQuestion): Promise<ProbeAnswer> => {
  const answer = await deps.askSes(question);
  if (!answer.ok) return answer;
  const account = { ...answer.account, checkedAt: deps.now() };
  const fault = accountFault(account);
  return fault === null ? { ok: true, account } : { ...refuseAt('AUTH', fault), account };
};

const ask = (deps: ProbeDeps, server: SendingServer, password: string | null): Promise<ProbeAnswer> => {
  if (server.kind === 'SES') return askAccount(deps, questionOf(server, password));
  const { id, revision, host, port, tls, username, caCertificate } = server;
  return deps.talk({ id, revision, host, port, tls, username, password, caCertificate });
};

export const createProbe =
  (deps: ProbeDeps) =>
  async (server: SendingServer): Promise<ProbeAnswer> => {
    const password = openPassword(deps, server);
    if (password === undefined) return unopened;
    if (!(await isReachable(deps, server.host))) return notPublic;
    const answer = await ask(deps, server, password);
    const { username } = server;
    return answer.ok ? answer : { ...answer, message: probeMessage(answer.message, { username, password }) };
  };
