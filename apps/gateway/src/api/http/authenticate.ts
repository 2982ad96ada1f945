/** Who sends a request: the API key in `Authorization: Bearer <key>`. */
import type { IncomingMessage } from 'node:http';
import type { Actor } from '@sendpool/contracts';
import { newId } from '@sendpool/kernel';
import type { KeyRing } from '../../domain/key-ring.ts';

export type Authenticate = (req: IncomingMessage) => Actor | undefined;

/** Longer texts are no keys, and not worth a hash. */
const maxKeyLength = 200;

/** Undefined alike for no key, a wrong, a revoked and an expired one. */
export const createAuthenticate =
  (keys: KeyRing, now: () => number): Authenticate =>
  (req) => {
    const text = /^Bearer +(\S+)$/i.exec(req.headers.authorization ?? '')?.[1] ?? '';
    const key = text.length > maxKeyLength ? undefined : keys.find(text, now());
    return key === undefined ? undefined : { keyId: key.id, role: key.role, requestId: newId() };
  };
