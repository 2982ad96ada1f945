/** What the delivery asks of a transport, SMTP or the API of Amazon SES, and what it is told of each message. */
import type { SmtpReply } from './delivery-events.ts';
import type { BounceClass, SmtpStage } from './words.ts';

export type SendResult =
  | {
      kind: 'ACCEPTED';
      reply: SmtpReply;
      latencyMs: number;
      /** Name that the server gave the message (SES MessageId). */
      remoteId?: string;
    }
  /** The server took the blame off itself: RCPT, DATA or the content was refused with 4xx or 5xx. */
  | {
      kind: 'DEFERRED' | 'BOUNCED';
      stage: SmtpStage;
      reply: SmtpReply;
      bounceClass: BounceClass;
      reason: string;
      latencyMs: number;
      /** Line of the table of replies that said so. */
      rule?: string;
      /** The reply asked to come back after so many milliseconds. */
      retryAfterMs?: number;
    }
  /** Certainly not accepted: the same message may go to another server at once. */
  | {
      kind: 'SERVER_FAILURE';
      stage: SmtpStage;
      failure: 'CONNECTION' | 'THROTTLE' | 'SENDER_REFUSED' | 'AUTH';
      reply: SmtpReply | null;
      message: string;
      /** The reply asked to stay away for so many milliseconds. */
      retryAfterMs?: number;
    }
  /** All of the message may have left, and no reply came: nobody knows (RFC 1047). */
  | { kind: 'UNKNOWN'; message: string };

export type MailConnection = {
  /** One at a time. Never rejects for what a server does. The content is text of Latin-1 characters, dots not stuffed. */
  send(envelope: { from: string; to: string }, message: string): Promise<SendResult>;
  /** False once the connection is closed or broken. */
  isUsable(): boolean;
  /** Says goodbye when idle; a running conversation is cut. Never rejects. */
  close(): Promise<void>;
};

export type ProbeResult = { ok: true } | { ok: false; stage: SmtpStage; message: string };
