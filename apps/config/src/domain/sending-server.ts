/** A sending server: a way out, with its credentials sealed, its limits and what its last verification said. */
import {
  onlyConnections,
  type SealedSecret,
  type SendingServerConfig,
  type SmtpStage,
  type TlsPolicy,
} from '@sendpool/contracts';

export type Verification = {
  readonly status: 'NEVER' | 'PASSED' | 'FAILED';
  readonly at: Date | null;
  readonly failedStage: SmtpStage | null;
  readonly message: string | null;
};

export type SendingLimits = {
  /** Connections over the whole cluster. */
  readonly maxConnections: number;
  readonly messagesPerConnection: number | null;
  /** Messages per second over the whole cluster; null = no limit. */
  readonly messagesPerSecond: number | null;
};

export type SendingServer = {
  readonly id: string;
  /** Grows by one with each change. */
  readonly revision: number;
  readonly name: string;
  readonly kind: 'SMTP';
  readonly state: 'ACTIVE' | 'INACTIVE';
  readonly host: string;
  readonly port: number;
  readonly tls: TlsPolicy;
  readonly username: string | null;
  /** Sealed with the server's id as additional data. */
  readonly password: SealedSecret | null;
  /** PEM of the authority that signed the server's certificate, when it is not a public one. */
  readonly caCertificate: string | null;
  readonly fromDomains: readonly string[];
  readonly limits: SendingLimits;
  readonly verification: Verification;
};

export const neverVerified: Verification = { status: 'NEVER', at: null, failedStage: null, message: null };

/** Mail may go through it. */
export const isUsable = (server: SendingServer): boolean =>
  server.state === 'ACTIVE' && server.verification.status === 'PASSED';

const facts = ['host', 'port', 'tls', 'username', 'caCertificate'] as const;

/** True when both reach the same server in the same way: what a verification found for one then holds for the other. */
export const isSameConnection = (one: SendingServer, other: SendingServer): boolean =>
  facts.every((fact) => one[fact] === other[fact]) &&
  one.password?.data === other.password?.data &&
  one.password?.iv === other.password?.iv;

/** The server as every other service sees it on the topic. */
export const toServerRecord = (server: SendingServer): SendingServerConfig => {
  const { verification, fromDomains, limits, ...rest } = server;
  const verified = verification.status === 'PASSED';
  return {
    type: 'SERVER',
    deleted: false,
    verified,
    fromDomains: [...fromDomains],
    limits: { ...onlyConnections(limits.maxConnections), ...limits },
    ses: null,
    warmUp: null,
    ...rest,
  };
};
