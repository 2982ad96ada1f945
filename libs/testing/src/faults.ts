/** What can go wrong at an SMTP server, and at which stage of the conversation. */
import type { SmtpStage } from '@sendpool/contracts';

/** The stages of a conversation, and QUIT, which no client should depend on. */
export type SinkStage = SmtpStage | 'QUIT';

/**
 * One misbehaviour.
 * REPLY answers the command of that stage with `code` and `text` (the text may begin with an enhanced status code, as in `5.1.1 no such user`).
 * CLOSE, RESET and HANG end or freeze the conversation instead of answering; at END_OF_DATA the mail is not kept.
 * At CONTENT they strike once `afterBytes` bytes of the mail have come (default 1). At TLS, CLOSE cuts the handshake.
 * SLOW answers as usual, `delayMs` later.
 * The three kinds with AFTER_DOT record the mail and then give no reply: the sender cannot know.
 */
export type Fault =
  | { at: SinkStage; do: 'REPLY'; code: number; text: string }
  | { at: SinkStage; do: 'CLOSE' | 'RESET' | 'HANG'; afterBytes?: number }
  | { at: SinkStage; do: 'SLOW'; delayMs: number }
  | { at: 'END_OF_DATA'; do: 'CLOSE_AFTER_DOT' | 'RESET_AFTER_DOT' | 'HANG_AFTER_DOT' };

export type Situation = {
  stage: SinkStage;
  /** Empty before MAIL. */
  from: string;
  /** Empty before RCPT; after it the recipient of this command, or the first accepted one. */
  to: string;
  /** Number of the connection, 1 for the first. */
  connection: number;
  /** Number of the MAIL command over all connections, this one included. */
  count: number;
};

/** Asked at every stage; a fault takes effect when its `at` is the stage of the situation. */
export type Behaviour = (situation: Situation) => Fault | undefined;
