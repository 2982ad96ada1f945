/** Makes a sending server: ACTIVE, but never verified, so no mail goes to it yet. */
import type { SealedSecret, ServerKind, TlsPolicy } from '@sendpool/contracts';
import { nameTaken } from './change-row.ts';
import { defaultSesHost } from './check-ses.ts';
import { checkServer, type CheckedServer, type ServerDraft } from './check-server.ts';
import type { WarmUpInput } from './check-warm-up.ts';
import { defaultLimits, mergeLimits, type LimitsInput } from './limits.ts';
import { good, type Result } from './result.ts';
import { neverVerified, type SendingServer } from './sending-server.ts';
import { sesPort } from './ses.ts';
import type { ServerStore } from './stores.ts';

/** Region is needed for a new server; one left out of a change stays. */
export type SesInput = { readonly region?: string | null; readonly configurationSet?: string | null };

export type CreateSendingServerInput = {
  readonly name: string;
  readonly kind?: ServerKind | null;
  /** Of kind SES: that of the region when left out. */
  readonly host?: string | null;
  /** Of kind SES: 443 when left out. */
  readonly port?: number | null;
  readonly tls?: TlsPolicy | null;
  readonly username?: string | null;
  readonly password?: string | null;
  readonly caCertificate?: string | null;
  readonly fromDomains: readonly string[];
  readonly limits?: LimitsInput | null;
  readonly warmUp?: WarmUpInput | null;
  readonly ses?: SesInput | null;
};

export type SealPassword = (plain: string, serverId: string) => SealedSecret;

export type CreateSendingServerDeps = { servers: ServerStore; seal: SealPassword; newId(): string; now(): Date };

/** What is left out of a server that is reached by SMTP is refused by its check. */
const wayOf = ({ kind, host, port, tls, ses }: CreateSendingServerInput): Pick<ServerDraft, 'host' | 'port' | 'tls'> =>
  kind === 'SES'
    ? { host: host ?? defaultSesHost(ses?.region ?? undefined), port: port ?? sesPort, tls: tls ?? 'IMPLICIT' }
    : { host: host ?? '', port: port ?? 0, tls: tls ?? 'REQUIRED' };

const draftOf = (input: CreateSendingServerInput): ServerDraft => ({
  name: input.name,
  kind: input.kind ?? 'SMTP',
  ...wayOf(input),
  username: input.username ?? null,
  password: input.password ?? null,
  keepsPassword: false,
  caCertificate: input.caCertificate ?? null,
  fromDomains: input.fromDomains,
  limits: mergeLimits(input.limits ?? {}, defaultLimits),
  ses: input.ses ? { region: input.ses.region ?? '', configurationSet: input.ses.configurationSet ?? null } : null,
  warmUp: null,
  newWarmUp: input.warmUp ?? null,
});

const serverOf = (draft: CheckedServer, deps: CreateSendingServerDeps): SendingServer => {
  const { keepsPassword: _, newWarmUp: __, password, ses, ...facts } = draft;
  const id = deps.newId();
  const sealed = password === null ? null : deps.seal(password, id);
  const fresh = { state: 'ACTIVE', verification: neverVerified, ses: ses && { ...ses, account: null } } as const;
  return { id, revision: 1, ...fresh, ...facts, password: sealed, deletedAt: null };
};

export const createCreateSendingServer =
  (deps: CreateSendingServerDeps) =>
  async (input: CreateSendingServerInput): Promise<Result<SendingServer>> => {
    const checked = checkServer(draftOf(input), deps.now().getTime());
    if (!checked.ok) return checked;
    const server = serverOf(checked.value, deps);
    return (await deps.servers.insert(server)) === 'NAME_TAKEN' ? nameTaken('sending server') : good(server);
  };
