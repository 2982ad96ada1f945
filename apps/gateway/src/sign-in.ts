/** Who may come in: API keys as config tells them, and tokens of an identity provider where there is one. */
import type { Authenticate } from '@sendpool/graphql';
import type { EventLog } from '@sendpool/event-log';
import type { Log, Part } from '@sendpool/service';
import { publishKeyUses } from './api/events/api-key-uses.publisher.ts';
import { followApiKeys } from './api/events/api-keys.follower.ts';
import { createAuthenticate } from './api/http/authenticate.ts';
import { createJwks } from './api/http/jwks.ts';
import { createVerifyJwt, type VerifyJwt } from './api/http/jwt.ts';
import { createKeyRing } from './domain/key-ring.ts';
import { createKeyUses } from './domain/key-uses.ts';
import type { GatewayEnv } from './env.ts';

export type SignInOptions = { env: GatewayEnv; eventLog: EventLog; log: Log };

const now = (): number => Date.now();

const verifierOf = (env: GatewayEnv, log: Log): VerifyJwt | undefined => {
  const { JWT_ISSUER: issuer, JWT_AUDIENCE: audience, JWT_JWKS_URL: url, JWT_ROLE_CLAIM: roleClaim } = env;
  if (issuer === undefined || audience === undefined || url === undefined) return undefined;
  return createVerifyJwt({ issuer, audience, roleClaim, keys: createJwks({ url, log, now }), log, now });
};

export const createSignIn = ({ env, eventLog, log }: SignInOptions): { authenticate: Authenticate; parts: Part[] } => {
  const keys = createKeyRing();
  const uses = createKeyUses(now);
  return {
    authenticate: createAuthenticate({ keys, verifyJwt: verifierOf(env, log), used: uses.note, now }),
    parts: [followApiKeys({ eventLog, keys, log }), publishKeyUses({ eventLog, uses, log })],
  };
};
