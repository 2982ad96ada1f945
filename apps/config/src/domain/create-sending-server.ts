/** Makes a sending server: ACTIVE, but never verified, so no mail goes to it yet. */
import type { SealedSecret, TlsPolicy } from '@sendpool/contracts';
import { nameTaken } from './change-row.ts';
import { checkServer, type ServerDraft } from './check-server.ts';
import { good, type Result } from './result.ts';
import { neverVerified, type SendingServer } from './sending-server.ts';
import type { ServerStore } from './stores.ts';

export type LimitsInput = {
  readonly maxConnections?: number | null;
  readonly messagesPerConnection?: number | null;
  readonly messagesPerSecond?: number | null;
};

export type CreateSendingServerInput = {
  readonly name: string;
  readonly host: string;
  readonly port: number;
  readonly tls?: TlsPolicy | null;
  readonly username?: string | null;
  readonly password?: string | null;
  readonly caCertificate?: string | null;
  readonly fromDomains: readonly string[];
  readonly limits?: LimitsInput | null;
};

export type SealPassword = (plain: string, serverId: string) => SealedSecret;

export type CreateSendingServerDeps = { servers: ServerStore; seal: SealPassword; newId(): string };

const draftOf = (input: CreateSendingServerInput): ServerDraft => ({
  name: input.name,
  host: input.host,
  port: input.port,
  tls: input.tls ?? 'REQUIRED',
  username: input.username ?? null,
  password: input.password ?? null,
  keepsPassword: false,
  caCertificate: input.caCertificate ?? null,
  fromDomains: input.fromDomains,
  limits: {
    maxConnections: input.limits?.maxConnections ?? 10,
    messagesPerConnection: input.limits?.messagesPerConnection ?? null,
    messagesPerSecond: input.limits?.messagesPerSecond ?? null,
  },
});

const serverOf = (draft: ServerDraft, deps: CreateSendingServerDeps): SendingServer => {
  const { keepsPassword: _, password, ...facts } = draft;
  const id = deps.newId();
  const sealed = password === null ? null : deps.seal(password, id);
  const fresh = { kind: 'SMTP', state: 'ACTIVE', verification: neverVerified } as const;
  return { id, revision: 1, ...fresh, ...facts, password: sealed };
};

export const createCreateSendingServer =
  (deps: CreateSendingServerDeps) =>
  async (input: CreateSendingServerInput): Promise<Result<SendingServer>> => {
    const checked = checkServer(draftOf(input));
    if (!checked.ok) return checked;
    const server = serverOf(checked.value, deps);
    return (await deps.servers.insert(server)) === 'NAME_TAKEN' ? nameTaken('sending server') : good(server);
  };
