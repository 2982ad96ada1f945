/** Verifies a sending server over the network: opens its password, looks where its host leads, and holds the conversation. */
import type { SealedSecret } from '@sendpool/contracts';
import { isAppError } from '@sendpool/kernel';
import type { SmtpServer } from '@sendpool/smtp';
import { probeMessage } from './domain/probe-message.ts';
import { isPublicAddress } from './domain/public-address.ts';
import type { SendingServer } from './domain/sending-server.ts';
import type { ProbeAnswer } from './domain/verify-sending-server.ts';

export type ProbeDeps = {
  /** Throws AppError DECRYPTION_FAILED. */
  open(sealed: SealedSecret, serverId: string): string;
  talk(server: SmtpServer): Promise<ProbeAnswer>;
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

export const createProbe =
  (deps: ProbeDeps) =>
  async (server: SendingServer): Promise<ProbeAnswer> => {
    const password = openPassword(deps, server);
    if (password === undefined) return unopened;
    if (!(await isReachable(deps, server.host))) return notPublic;
    const { id, revision, host, port, tls, username, caCertificate } = server;
    const answer = await deps.talk({ id, revision, host, port, tls, username, password, caCertificate });
    return answer.ok ? answer : { ...answer, message: probeMessage(answer.message, { username, password }) };
  };
