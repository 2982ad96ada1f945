/** Replies of a server (RFC 5321, 4.2), with the enhanced status code when there is one (RFC 3463). */
import type { SmtpReply } from '@sendpool/contracts';

const textLimit = 200;

/** Reads `250-first\n250 second`; the code and the enhanced status of the first line count, the texts are joined by a space. */
export const parseReply = (response: string): SmtpReply => {
  const lines = response.split(/\r?\n/).filter((line) => line !== '');
  const first = /^(\d{3})/.exec(lines[0] ?? '');
  const enhanced = /^\d{3}[ -]([245]\.\d{1,3}\.\d{1,3})(?:\s|$)/.exec(lines[0] ?? '')?.[1] ?? null;
  const text = lines
    .map((line) => line.replace(/^\d{3}[ -]?/, '').replace(/^[245]\.\d{1,3}\.\d{1,3}(?:\s+|$)/, ''))
    .join(' ')
    .slice(0, textLimit);
  return { code: first === null ? 0 : Number(first[1]), enhanced, text };
};
