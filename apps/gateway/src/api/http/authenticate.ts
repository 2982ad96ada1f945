/** Who sends a request, by `Authorization: Bearer …`: an API key, or a token of the identity provider where there is one. */
import type { Actor, ApiKeyRecord } from '@sendpool/contracts';
import type { Authenticate, Credential } from '@sendpool/graphql';
import { newId } from '@sendpool/kernel';
import type { KeyRing } from '../../domain/key-ring.ts';
import type { JwtHolder, VerifyJwt } from './jwt.ts';

export type AuthenticateDeps = {
  keys: KeyRing;
  /** Undefined: there is no identity provider. */
  verifyJwt?: VerifyJwt | undefined;
  /** Told of each use of an API key. */
  used(keyId: string): void;
  now(): number;
};

/** Longer texts are no keys, and not worth a hash. */
const maxKeyLength = 200;

const actorOf = (keyId: string, role: Actor['role']): Actor => ({ keyId, role, requestId: newId() });

/** API keys have no dots, and tokens two. */
const isJwt = (text: string): boolean => text.includes('.');

const ofKey = (key: ApiKeyRecord, { keys, now }: AuthenticateDeps): Credential => ({
  actor: actorOf(key.id, key.role),
  isValid: () => keys.holds(key, now()),
});

const ofJwt = ({ keyId, role, expiresAt }: JwtHolder, { now }: AuthenticateDeps): Credential => ({
  actor: { ...actorOf(keyId, role), expiresAt },
  isValid: () => expiresAt > now(),
});

/** Undefined alike for nothing at all, and for what is wrong, revoked or expired. */
export const createAuthenticate =
  (deps: AuthenticateDeps): Authenticate =>
  async (authorization) => {
    const text = /^Bearer +(\S+)$/i.exec(authorization ?? '')?.[1] ?? '';
    if (isJwt(text)) {
      const holder = await deps.verifyJwt?.(text);
      return holder === undefined ? undefined : ofJwt(holder, deps);
    }
    const key = text.length > maxKeyLength ? undefined : deps.keys.find(text, deps.now());
    if (key === undefined) return undefined;
    deps.used(key.id);
    return ofKey(key, deps);
  };
