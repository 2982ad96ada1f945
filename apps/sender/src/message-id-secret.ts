/** The secret behind the Message-IDs, derived so that every sender has the same one and nobody has to configure it. */
import { hkdfSync } from 'node:crypto';

/** HKDF-SHA-256 (RFC 5869) of the credentials key; base64url of 32 bytes. */
export const messageIdSecret = (credentialsKey: Uint8Array): string =>
  Buffer.from(hkdfSync('sha256', credentialsKey, '', 'sendpool message-id v1', 32)).toString('base64url');
