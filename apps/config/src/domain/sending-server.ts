/** A sending server: a way out, with its credentials sealed, its limits and what its last verification said. */
import type {
  SealedSecret,
  SendingServerConfig,
  ServerKind,
  ServerLimits,
  SmtpStage,
  TlsPolicy,
} from '@sendpool/contracts';
import type { SendingLimits } from './limits.ts';
import { cappedBy, type SesSettings } from './ses.ts';
import { toWarmUpRecord, type WarmUp } from './warm-up.ts';

export type Verification = {
  readonly status: 'NEVER' | 'PASSED' | 'FAILED';
  readonly at: Date | null;
  readonly failedStage: SmtpStage | null;
  readonly message: string | null;
};

export type SendingServer = {
  readonly id: string;
  /** Grows by one with each change. */
  readonly revision: number;
  readonly name: string;
  readonly kind: ServerKind;
  readonly state: 'ACTIVE' | 'INACTIVE';
  /** Of kind SES: host and port of the SES v2 API. */
  readonly host: string;
  readonly port: number;
  readonly tls: TlsPolicy;
  /** Of kind SES: the access key id, null for the credentials of the process. */
  readonly username: string | null;
  /** Sealed with the server's id as additional data. */
  readonly password: SealedSecret | null;
  /** PEM of the authority that signed the server's certificate, when it is not a public one. */
  readonly caCertificate: string | null;
  readonly fromDomains: readonly string[];
  /** As people declared them; `effectiveLimits` are those in force. */
  readonly limits: SendingLimits;
  readonly warmUp: WarmUp | null;
  /** Of kind SES alone. */
  readonly ses: SesSettings | null;
  readonly verification: Verification;
  readonly deletedAt: Date | null;
};

export const neverVerified: Verification = { status: 'NEVER', at: null, failedStage: null, message: null };

/** Mail may go through it. */
export const isUsable = (server: SendingServer): boolean =>
  server.state === 'ACTIVE' && server.verification.status === 'PASSED';

const facts = ['host', 'port', 'tls', 'username', 'caCertificate'] as const;

/** True when both reach the same server in the same way: what a verification found for one then holds for the other. */
export const isSameConnection = (one: SendingServer, other: SendingServer): boolean =>
  facts.every((fact) => one[fact] === other[fact]) &&
  one.ses?.region === other.ses?.region &&
  one.password?.data === other.password?.data &&
  one.password?.iv === other.password?.iv;

/** The declared limits, of kind SES no higher than the account allows. */
export const effectiveLimits = (server: SendingServer): SendingLimits =>
  cappedBy(server.limits, server.ses?.account ?? null);

const toLimitsRecord = (limits: SendingLimits): ServerLimits => ({
  ...limits,
  providers: limits.providers.map((provider) => ({ ...provider })),
});

/** The server as every other service sees it on the topic. */
export const toServerRecord = (server: SendingServer): SendingServerConfig => {
  const { verification, fromDomains, limits: _, ses, warmUp, deletedAt, ...rest } = server;
  return {
    type: 'SERVER',
    deleted: deletedAt !== null,
    verified: verification.status === 'PASSED',
    ...rest,
    fromDomains: [...fromDomains],
    limits: toLimitsRecord(effectiveLimits(server)),
    ses: ses === null ? null : { region: ses.region, configurationSet: ses.configurationSet },
    warmUp: warmUp === null ? null : toWarmUpRecord(warmUp),
  };
};
