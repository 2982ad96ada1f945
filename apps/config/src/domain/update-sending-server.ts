/** Changes a sending server; a change of how it is reached asks for a new verification before mail goes to it again. */
import type { TlsPolicy } from '@sendpool/contracts';
import { changeRow } from './change-row.ts';
import { checkServer, type CheckedServer, type ServerDraft } from './check-server.ts';
import { defaultSesHost, type SesDraft } from './check-ses.ts';
import type { WarmUpInput } from './check-warm-up.ts';
import type { SealPassword, SesInput } from './create-sending-server.ts';
import { mergeLimits, type LimitsInput } from './limits.ts';
import { createFaults, good, kept, type Refusal, type Result } from './result.ts';
import { isSameConnection, neverVerified, type SendingServer } from './sending-server.ts';
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
  /** A plan takes the place of the present one, null removes it. */
  readonly warmUp?: WarmUpInput | null;
  readonly ses?: SesInput | null;
};

export type UpdateSendingServerDeps = { servers: ServerStore; seal: SealPassword; now(): Date };

const needed = ['name', 'host', 'port', 'tls', 'fromDomains', 'limits', 'ses'] as const;

const nullFaults = (input: UpdateSendingServerInput): readonly Refusal[] => {
  const faults = createFaults();
  for (const field of needed)
    if (input[field] === null) faults.add([field], 'A server cannot be without it. Leave the field out to keep it.');
  return faults.errors;
};

const mergeSes = (input: SesInput | null | undefined, stored: SesDraft | null): SesDraft | null => {
  if (!input) return stored && { region: stored.region, configurationSet: stored.configurationSet };
  return {
    region: kept(input.region, stored?.region ?? '') ?? '',
    configurationSet: kept(input.configurationSet, stored?.configurationSet ?? null),
  };
};

/** The host of a region goes with the region; an endpoint of one's own stays. */
const mergeHost = (server: SendingServer, input: UpdateSendingServerInput): string => {
  const region = input.ses?.region ?? server.ses?.region;
  const follows = server.kind === 'SES' && server.host === defaultSesHost(server.ses?.region);
  return input.host ?? (follows ? defaultSesHost(region) : server.host);
};

const merge = (server: SendingServer, input: UpdateSendingServerInput): ServerDraft => ({
  name: input.name ?? server.name,
  kind: server.kind,
  host: mergeHost(server, input),
  port: input.port ?? server.port,
  tls: input.tls ?? server.tls,
  username: kept(input.username, server.username),
  password: input.password ?? null,
  keepsPassword: input.password === undefined && server.password !== null,
  caCertificate: kept(input.caCertificate, server.caCertificate),
  fromDomains: input.fromDomains ?? server.fromDomains,
  limits: mergeLimits(input.limits ?? {}, server.limits),
  ses: mergeSes(input.ses, server.ses),
  warmUp: input.warmUp === null ? null : server.warmUp,
  newWarmUp: input.warmUp ?? null,
});

/** A stored password goes to the host it was given for and to no other; else whoever may change a host could read it there. SES never sees it. */
const strayPassword = (server: SendingServer, draft: ServerDraft): readonly Refusal[] => {
  const faults = createFaults();
  if (server.kind === 'SMTP' && draft.keepsPassword && draft.host !== server.host)
    faults.add(['password'], `The stored password belongs to ${server.host}. Give the password for ${draft.host}.`);
  return faults.errors;
};

const apply = (server: SendingServer, draft: CheckedServer, seal: SealPassword): SendingServer => {
  const { keepsPassword, password, newWarmUp: _, ses, ...facts } = draft;
  const sealed = password === null ? null : seal(password, server.id);
  const account = server.ses?.account ?? null;
  const settings = ses && { ...ses, account };
  const next = { ...server, ...facts, ses: settings, password: keepsPassword ? server.password : sealed };
  if (isSameConnection(server, next)) return next;
  return { ...next, verification: neverVerified, ses: settings && { ...settings, account: null } };
};

const decide = (
  server: SendingServer,
  input: UpdateSendingServerInput,
  { seal, now }: Omit<UpdateSendingServerDeps, 'servers'>,
): Result<SendingServer> => {
  const checked = checkServer(merge(server, input), now().getTime());
  if (!checked.ok) return checked;
  const errors = strayPassword(server, checked.value);
  return errors.length > 0 ? { ok: false, errors } : good(apply(server, checked.value, seal));
};

export const createUpdateSendingServer =
  (deps: UpdateSendingServerDeps) =>
  async (input: UpdateSendingServerInput): Promise<Result<SendingServer>> => {
    const errors = nullFaults(input);
    if (errors.length > 0) return { ok: false, errors };
    const change = (current: SendingServer): Result<SendingServer> => decide(current, input, deps);
    return changeRow(deps.servers, { id: input.id, noun: 'sending server', decide: change });
  };
