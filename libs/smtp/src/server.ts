/** A sending server as the SMTP client needs it, how long it is waited for, and how opening a connection can fail. */
import type { SmtpStage, TlsPolicy } from '@sendpool/contracts';

export type SmtpServer = {
  id: string;
  revision: number;
  host: string;
  port: number;
  tls: TlsPolicy;
  /** With null nobody logs in. */
  username: string | null;
  /** Plain text; never logged, never part of an error. */
  password: string | null;
  /** PEM; when set, this authority and no other is trusted. */
  caCertificate: string | null;
};

/** Milliseconds. RFC 5321, 4.5.3.2 asks for minutes; a server that is this slow before the content is better left for another one. */
export type SmtpTimeouts = {
  /** Name lookup and TCP; with IMPLICIT also the TLS handshake. */
  connect: number;
  greeting: number;
  /** Each reply before the content, the TLS handshake after STARTTLS, and each piece of the content. */
  command: number;
  /** The reply to the final dot; giving up earlier makes more UNKNOWN outcomes (RFC 5321, 4.5.3.2.6: 10 minutes). */
  afterDot: number;
  /** The reply to QUIT. */
  quit: number;
};

export const defaultTimeouts: SmtpTimeouts = {
  connect: 5_000,
  greeting: 10_000,
  command: 60_000,
  afterDot: 600_000,
  quit: 2_000,
};

export type ConnectionOptions = {
  timeouts?: Partial<SmtpTimeouts>;
  /** The name given in EHLO; default the host's name. */
  clientName?: string;
};

/** AUTH: the server refused the login, or the settings forbid it. THROTTLE: come back later. CONNECTION: everything else. */
export type FailureKind = 'CONNECTION' | 'AUTH' | 'THROTTLE';

/** A connection could not be opened; no mail was at stake. */
export class SmtpFailure extends Error {
  readonly stage: SmtpStage;
  /** Basic reply code; null when the server did not answer. */
  readonly code: number | null;
  readonly kind: FailureKind;

  constructor(stage: SmtpStage, kind: FailureKind, message: string, code: number | null = null) {
    super(message);
    this.name = 'SmtpFailure';
    this.stage = stage;
    this.code = code;
    this.kind = kind;
  }
}
