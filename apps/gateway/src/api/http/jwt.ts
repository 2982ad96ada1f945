/** Tokens of an identity provider (JWT, RFC 7519), for front ends whose users sign in there. */
import { createHash } from 'node:crypto';
import { roles, type Role } from '@sendpool/contracts';
import { messageOf } from '@sendpool/kernel';
import type { Log } from '@sendpool/service';
import { jwtVerify, type JWTPayload, type JWTVerifyGetKey } from 'jose';

export type JwtOptions = {
  issuer: string;
  audience: string;
  /** The claim that holds READER, OPERATOR or ADMIN, in any case. */
  roleClaim: string;
  keys: JWTVerifyGetKey;
  log: Log;
  /** Milliseconds since 1970. */
  now(): number;
};

/** Whose token it is; `expiresAt` in milliseconds since 1970. */
export type JwtHolder = { readonly keyId: string; readonly role: Role; readonly expiresAt: number };

/** Undefined alike for every reason; the log says which at level debug. */
export type VerifyJwt = (token: string) => Promise<JwtHolder | undefined>;

/** With a secret that both sides know, our copy of the key could make tokens too; and `none` is no signature. */
const algorithms = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
  'Ed25519',
];

/** Clocks of two machines differ. */
const clockToleranceSeconds = 30;

/** Longer ones are not worth a signature check. */
const maxTokenLength = 8192;

/** What a key id may have beside its mark, so that no service refuses it (`actorSchema`). */
const plainSubject = /^[\x21-\x7e]{1,96}$/;

/** Seconds since 1970 at the end of the year 9999: RFC 3339 has no later moment. */
const latest = 253_402_300_799;

/** Long and unusual subjects by their hash: cut off, two users could become one. */
const keyIdOf = (subject: string): string =>
  plainSubject.test(subject) ? `jwt:${subject}` : `jwt-sha256:${createHash('sha256').update(subject).digest('hex')}`;

const roleOf = (claim: unknown): Role | undefined =>
  typeof claim === 'string' ? roles.find((role) => role === claim.toUpperCase()) : undefined;

/** Throws what is missing, in words for the log. */
const holderOf = (claims: JWTPayload, roleClaim: string): JwtHolder => {
  const { sub, exp } = claims;
  const role = roleOf(claims[roleClaim]);
  if (typeof sub !== 'string' || sub === '') throw new Error('it has no subject (`sub`)');
  if (typeof exp !== 'number') throw new Error('it has no expiry (`exp`)');
  if (role === undefined) throw new Error(`it has no role that is known (${roles.join(', ')}) in \`${roleClaim}\``);
  return { keyId: keyIdOf(sub), role, expiresAt: Math.min(exp, latest) * 1000 };
};

export const createVerifyJwt = (options: JwtOptions): VerifyJwt => {
  const { issuer, audience, roleClaim, keys, log, now } = options;
  const rules = { issuer, audience, algorithms, clockTolerance: clockToleranceSeconds, requiredClaims: ['sub', 'exp'] };
  return async (token) => {
    try {
      if (token.length > maxTokenLength) throw new Error(`it has more than ${maxTokenLength} characters`);
      const { payload } = await jwtVerify(token, keys, { ...rules, currentDate: new Date(now()) });
      return holderOf(payload, roleClaim);
    } catch (error) {
      // The error of jose holds the claims, which are about a person: only its words are kept.
      log.debug({}, `a token was refused: ${messageOf(error)}`);
      return undefined;
    }
  };
};
