/** Check of a sending server as a whole, the same for a new one and a changed one. */
import { checkName, type ServerKind, type TlsPolicy } from '@sendpool/contracts';
import { checkCertificate } from './check-certificate.ts';
import { checkFromDomain, checkHost } from './check-host.ts';
import { checkLimits } from './check-limits.ts';
import { checkSes, type SesDraft } from './check-ses.ts';
import { checkCredential, checkWhole } from './check-text.ts';
import { expandWarmUp, type WarmUpInput } from './check-warm-up.ts';
import type { LimitsDraft, SendingLimits } from './limits.ts';
import { createFaults, good, type Checked, type Faults, type Result } from './result.ts';
import type { WarmUp } from './warm-up.ts';

/**
 * What a person gives for a server. `password` is a new one in plain text; `keepsPassword` says that a stored one stays. `newWarmUp` takes
 * the place of `warmUp`.
 */
export type ServerDraft = {
  readonly name: string;
  readonly kind: ServerKind;
  readonly host: string;
  readonly port: number;
  readonly tls: TlsPolicy;
  readonly username: string | null;
  readonly password: string | null;
  readonly keepsPassword: boolean;
  readonly caCertificate: string | null;
  readonly fromDomains: readonly string[];
  readonly limits: LimitsDraft;
  readonly ses: SesDraft | null;
  readonly warmUp: WarmUp | null;
  readonly newWarmUp: WarmUpInput | null;
};

export type CheckedServer = ServerDraft & { readonly limits: SendingLimits };

const orNull = <T>(value: T | null, check: (value: T) => Checked<T>): Checked<T | null> =>
  value === null ? good(null) : check(value);

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
  // SES signs with the secret and never sends it (AWS Signature Version 4).
  if (draft.kind === 'SMTP' && hasPassword && (draft.tls === 'NONE' || draft.tls === 'OPPORTUNISTIC'))
    faults.add(['tls'], `With ${draft.tls} the password could be read on the way. Use REQUIRED or IMPLICIT.`);
};

const user = (text: string): Checked<string> => checkCredential('The user name', text);
const password = (text: string): Checked<string> => checkCredential('The password', text);

/** The draft with every value in its normal form, or all that is wrong with it. `now` in milliseconds since 1970. */
export const checkServer = (draft: ServerDraft, now: number): Result<CheckedServer> => {
  const faults = createFaults();
  checkLogin(faults, draft);
  const value: CheckedServer = {
    name: faults.take(['name'], checkName(draft.name), ''),
    kind: draft.kind,
    host: faults.take(['host'], checkHost(draft.host), ''),
    port: faults.take(['port'], checkWhole(draft.port, [1, 65_535]), 0),
    tls: draft.tls,
    username: faults.take(['username'], orNull(draft.username, user), null),
    password: faults.take(['password'], orNull(draft.password, password), null),
    keepsPassword: draft.keepsPassword,
    caCertificate: faults.take(['caCertificate'], orNull(draft.caCertificate, checkCertificate), null),
    fromDomains: checkDomains(faults, draft.fromDomains),
    limits: checkLimits(faults, draft.limits),
    ses: checkSes(faults, draft),
    warmUp: draft.newWarmUp === null ? draft.warmUp : expandWarmUp(faults, draft.newWarmUp, now),
    newWarmUp: null,
  };
  return faults.errors.length > 0 ? { ok: false, errors: faults.errors } : good(value);
};
