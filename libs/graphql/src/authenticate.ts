/** Who comes in, and for how long. The gateway makes it of keys and tokens; the doors only ask. */
import type { Actor } from '@sendpool/contracts';

export type Credential = {
  readonly actor: Actor;
  /** False from the moment it is revoked or has expired. */
  isValid(): boolean;
};

/** Of the text of an `Authorization` header; undefined alike for every reason. */
export type Authenticate = (authorization: string | undefined) => Promise<Credential | undefined>;
