/** A sending server of kind SES as the client of the API needs it. */
import type { SendingServerConfig } from '@sendpool/contracts';
import type { SesAccess } from './client.ts';

export type SesServer = Pick<
  SendingServerConfig,
  'id' | 'revision' | 'host' | 'port' | 'tls' | 'username' | 'caCertificate'
> & {
  /** The secret access key in plain text; never logged, never part of an error. */
  password: string | null;
  ses: NonNullable<SendingServerConfig['ses']>;
};

/** Without TLS only when the policy is NONE, as for a stand-in on the same machine. */
const endpointOf = ({ host, port, tls }: SesServer): string =>
  `${tls === 'NONE' ? 'http' : 'https'}://${host.includes(':') ? `[${host}]` : host}:${port}`;

export const accessOf = (server: SesServer): SesAccess => {
  const { username, password, caCertificate, ses } = server;
  const credentials = username === null ? null : { accessKeyId: username, secretAccessKey: password ?? '' };
  return { region: ses.region, endpoint: endpointOf(server), credentials, caCertificate };
};
