/** What one recipient of a campaign would read, by the code that makes the mail: rendered and encoded as for sending, and decoded again. */
import { compileParts, compileSubject, fieldsOf, type MailRecipient, type Templates } from './campaign.ts';
import { decodeUnstructured } from './header.ts';
import type { Fields } from './liquid.ts';
import { decodeText } from './quoted-printable.ts';

/** What a receiver shows of a mail. Line breaks of the parts are CRLF, as in the mail. */
export type MailPreview = {
  subject: string;
  html: string | null;
  text: string | null;
  /** Fields that were read and are not there, in the order in which they were read first; the first 100. */
  missingFields: string[];
};

const mostMissing = 100;

/** The same fields; a name that is looked up and not there is added to `missing`. */
const watched = (fields: Fields, missing: Set<string>): Fields => {
  const note = (name: string | symbol): void => {
    if (typeof name === 'string' && !Object.hasOwn(fields, name) && missing.size < mostMissing) missing.add(name);
  };
  return new Proxy(fields, {
    has: (target, name) => {
      note(name);
      return Reflect.has(target, name);
    },
    getOwnPropertyDescriptor: (target, name) => {
      note(name);
      return Reflect.getOwnPropertyDescriptor(target, name);
    },
  });
};

/** What `compileCampaign` would send, read back. Throws AppError BAD_INPUT, with the template, the line and what is wrong there. */
export const previewMail = (templates: Templates, recipient: Omit<MailRecipient, 'number'>): MailPreview => {
  const [subject, { html, text }] = [compileSubject(templates.subject), compileParts(templates)];
  const missing = new Set<string>();
  const fields = watched(fieldsOf(recipient), missing);
  return {
    subject: decodeUnstructured(subject(fields)),
    text: text === null ? null : decodeText(text(fields)),
    html: html === null ? null : decodeText(html(fields)),
    missingFields: [...missing],
  };
};
