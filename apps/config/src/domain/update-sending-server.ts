/** Changes a sending server; a change of how it is reached asks for a new verification before mail goes to it again. */
import type { TlsPolicy } from '@sendpool/contracts';
import { changeRow } from './change-row.ts';
import { checkServer, type ServerDraft } from './check-server.ts';
import type { LimitsInput, SealPassword } from './create-sending-server.ts';
import { createFaults, good, type Result, type UserError } from './result.ts';
import { isSameConnection, neverVerified, type SendingLimits, type SendingServer } from './sending-server.ts';
import type { ServerStore } from './stores.ts';

/** Fields left out stay; null takes away what a server can be without. */
export type UpdateSendingServerInput = {
  readonly id: string;
  readonly name?: string | null;
  readonly host?: string | null;
  readonly port?: number | null;
  readonly tls?: TlsPolicy | null;
  readonly username?: string | null;
  readonly password?: string | null;
  readonly caCertificate?: string | null;
  readonly fromDomains?: readonly string[] | null;
  readonly limits?: LimitsInput | null;
};

export type UpdateSendingServerDeps = { servers: ServerStore; seal: SealPassword };

const needed = ['name', 'host', 'port', 'tls', 'fromDomains', 'limits'] as const;

const nullFaults = (input: UpdateSendingServerInput): readonly UserError[] => {
  const faults = createFaults();
  for (const field of needed)
    if (input[field] === null) faults.add([field], 'A server cannot be without it. Leave the field out to keep it.');
  return faults.errors;
};

const kept = <T>(value: T | undefined, stored: T): T => (value === undefined ? stored : value);

const mergeLimits = (limits: LimitsInput, stored: SendingLimits): SendingLimits => ({
  maxConnections: limits.maxConnections ?? stored.maxConnections,
  messagesPerConnection: kept(limits.messagesPerConnection, stored.messagesPerConnection),
  messagesPerSecond: kept(limits.messagesPerSecond, stored.messagesPerSecond),
});

const merge = (server: SendingServer, input: UpdateSendingServerInput): ServerDraft => ({
  name: input.name ?? server.name,
  host: input.host ?? server.host,
  port: input.port ?? server.port,
  tls: input.tls ?? server.tls,
  username: kept(input.username, server.username),
  password: input.password ?? null,
  keepsPassword: input.password === undefined && server.password !== null,
  caCertificate: kept(input.caCertificate, server.caCertificate),
  fromDomains: input.fromDomains ?? server.fromDomains,
  limits: mergeLimits(input.limits ?? {}, server.limits),
});

/** A stored password goes to the host it was given for and to no other; else whoever may change a host could read it there. */
const strayPassword = (server: SendingServer, draft: ServerDraft): readonly UserError[] => {
  const faults = createFaults();
  if (draft.keepsPassword && draft.host !== server.host)
    faults.add(['password'], `The stored password belongs to ${server.host}. Give the password for ${draft.host}.`);
  return faults.errors;
};

const apply = (server: SendingServer, draft: ServerDraft, seal: SealPassword): SendingServer => {
  const { keepsPassword, password, ...facts } = draft;
  const sealed = password === null ? null : seal(password, server.id);
  const next = { ...server, ...facts, password: keepsPassword ? server.password : sealed };
  return isSameConnection(server, next) ? next : { ...next, verification: neverVerified };
};

const decide = (server: SendingServer, input: UpdateSendingServerInput, seal: SealPassword): Result<SendingServer> => {
  const checked = checkServer(merge(server, input));
  if (!checked.ok) return checked;
  const errors = strayPassword(server, checked.value);
  return errors.length > 0 ? { ok: false, errors } : good(apply(server, checked.value, seal));
};

export const createUpdateSendingServer =
  (deps: UpdateSendingServerDeps) =>
  async (input: UpdateSendingServerInput): Promise<Result<SendingServer>> => {
    const errors = nullFaults(input);
    if (errors.length > 0) return { ok: false, errors };
    const change = (current: SendingServer): Result<SendingServer> => decide(current, input, deps.seal);
    return changeRow(deps.servers, { id: input.id, noun: 'sending server', decide: change });
  };
