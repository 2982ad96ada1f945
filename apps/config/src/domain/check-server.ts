/** Check of a sending server as a whole, the same for a new one and a changed one. */
import { checkName, type TlsPolicy } from '@sendpool/contracts';
import { checkCertificate } from './check-certificate.ts';
import { checkFromDomain, checkHost } from './check-host.ts';
import { checkCredential, checkWhole } from './check-text.ts';
import { bad, createFaults, good, type Checked, type Faults, type Result } from './result.ts';
import type { SendingLimits } from './sending-server.ts';

/** What a person gives for a server. `password` is a new one in plain text; `keepsPassword` says that a stored one stays. */
export type ServerDraft = {
  readonly name: string;
  readonly host: string;
  readonly port: number;
  readonly tls: TlsPolicy;
  readonly username: string | null;
  readonly password: string | null;
  readonly keepsPassword: boolean;
  readonly caCertificate: string | null;
  readonly fromDomains: readonly string[];
  readonly limits: SendingLimits;
};

const orNull = <T>(value: T | null, check: (value: T) => Checked<T>): Checked<T | null> =>
  value === null ? good(null) : check(value);

const checkRate = (value: number): Checked<number> =>
  Number.isFinite(value) && value >= 0.001 && value <= 100_000
    ? good(value)
    : bad(`Give 0.001 to 100,000 messages per second, or null for no limit, not ${value}.`);

const checkLimits = (faults: Faults, limits: SendingLimits): SendingLimits => ({
  maxConnections: faults.take(['limits', 'maxConnections'], checkWhole(limits.maxConnections, [1, 1000]), 1),
  messagesPerConnection: faults.take(
    ['limits', 'messagesPerConnection'],
    orNull(limits.messagesPerConnection, (value) => checkWhole(value, [1, 1_000_000])),
    null,
  ),
  messagesPerSecond: faults.take(['limits', 'messagesPerSecond'], orNull(limits.messagesPerSecond, checkRate), null),
});

const checkDomains = (faults: Faults, domains: readonly string[]): string[] => {
  if (domains.length === 0 || domains.length > 100) {
    faults.add(['fromDomains'], `Give 1 to 100 domains it may send From; these are ${domains.length}.`);
    return [];
  }
  return [...new Set(domains.map((text, at) => faults.take(['fromDomains', `${at}`], checkFromDomain(text), '')))];
};

/** User name and password come together, and never travel without TLS that is verified (RFC 8314). */
const checkLogin = (faults: Faults, draft: ServerDraft): void => {
  const hasPassword = draft.keepsPassword || draft.password !== null;
  if (hasPassword && draft.username === null)
    faults.add(['username'], 'There is a password but no user name. Give both, or null for both.');
  if (!hasPassword && draft.username !== null)
    faults.add(['password'], 'There is a user name but no password. Give both, or null for both.');
  if (hasPassword && (draft.tls === 'NONE' || draft.tls === 'OPPORTUNISTIC'))
    faults.add(['tls'], `With ${draft.tls} the password could be read on the way. Use REQUIRED or IMPLICIT.`);
};

const user = (text: string): Checked<string> => checkCredential('The user name', text);
const password = (text: string): Checked<string> => checkCredential('The password', text);

/** The draft with every value in its normal form, or all that is wrong with it. */
export const checkServer = (draft: ServerDraft): Result<ServerDraft> => {
  const faults = createFaults();
  checkLogin(faults, draft);
  const value: ServerDraft = {
    name: faults.take(['name'], checkName(draft.name), ''),
    host: faults.take(['host'], checkHost(draft.host), ''),
    port: faults.take(['port'], checkWhole(draft.port, [1, 65_535]), 0),
    tls: draft.tls,
    username: faults.take(['username'], orNull(draft.username, user), null),
    password: faults.take(['password'], orNull(draft.password, password), null),
    keepsPassword: draft.keepsPassword,
    caCertificate: faults.take(['caCertificate'], orNull(draft.caCertificate, checkCertificate), null),
    fromDomains: checkDomains(faults, draft.fromDomains),
    limits: checkLimits(faults, draft.limits),
  };
  return faults.errors.length > 0 ? { ok: false, errors: faults.errors } : good(value);
};
