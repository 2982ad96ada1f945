/** Compiles the content of a campaign once, and then renders one mail after the other from it. */
import { createHmac, createSecretKey, type KeyObject } from 'node:crypto';
import { AppError } from '@sendpool/kernel';
import { parseAddress } from '../address.ts';
import { dateHeader, encodeMailbox, encodeUnstructured } from './header.ts';
import { TemplateFault, parseTemplate, renderTemplate, type Escaping, type Fields } from './liquid.ts';
import type { ParsedTemplate } from './liquid.ts';
import { encodePart, type EncodedPart } from './skeleton.ts';

export type CampaignContent = {
  id: string;
  from: { name: string; address: string };
  replyTo: string | null;
  /** Liquid templates. In `html` values are escaped unless their last filter is `raw`. */
  subject: string;
  html: string | null;
  text: string | null;
  /** Right side of the Message-ID. */
  messageIdDomain: string;
  /** Key of the Message-ID; at least 16 characters. */
  secret: string;
};

export type MailRecipient = {
  /** Number of the recipient within the campaign. */
  number: number;
  email: string;
  /** Merge fields; `email` is added. */
  fields: Record<string, unknown>;
};

export type CompiledCampaign = {
  /**
   * The mail as it goes over the wire: ASCII, CRLF, lines of at most 998 characters; no line begins with a dot, so stuffing changes nothing.
   * The Message-ID is the same at every attempt. Throws AppError BAD_INPUT when the address is none or a template fails on these fields.
   */
  render(recipient: MailRecipient): { message: string; messageId: string };
};

export type TemplateError = { code: 'BAD_INPUT'; message: string; path: [TemplateName] };

export type Templates = Pick<CampaignContent, 'subject' | 'html' | 'text'>;
type TemplateName = keyof Templates;

const escapings: Readonly<Record<TemplateName, Escaping>> = { subject: 'NONE', html: 'HTML', text: 'NONE' };

const messageOfFault = (name: TemplateName, error: unknown): string => {
  if (!(error instanceof TemplateFault)) throw error;
  return error.line === null ? `${name}: ${error.message}` : `${name}, line ${error.line}: ${error.message}`;
};

const parse = (name: TemplateName, source: string): ParsedTemplate => {
  if (name === 'subject' && /[\r\n]/.test(source)) throw new TemplateFault('a subject is one line', 1);
  return parseTemplate(source, escapings[name]);
};

const findFault = (name: TemplateName, source: string | null): TemplateError[] => {
  if (source === null) return [];
  try {
    renderTemplate(parse(name, source), { email: 'someone@example.com' });
    return [];
  } catch (error) {
    return [{ code: 'BAD_INPUT', message: messageOfFault(name, error), path: [name] }];
  }
};

/** All that is wrong with the templates; empty when they can be sent. Each is also rendered once, without fields. */
export const checkTemplates = (templates: Templates): TemplateError[] => {
  const faults = (['subject', 'html', 'text'] as const).flatMap((name) => findFault(name, templates[name]));
  if ((templates.html ?? '') !== '' || (templates.text ?? '') !== '') return faults;
  return [...faults, { code: 'BAD_INPUT', message: 'html or text is needed', path: ['html'] }];
};

const demand: (condition: boolean, message: string) => asserts condition = (condition, message) => {
  if (!condition) throw new AppError('BAD_INPUT', message);
};

const withFaults = <Result>(name: TemplateName, work: () => Result): Result => {
  try {
    return work();
  } catch (error) {
    throw new AppError('BAD_INPUT', messageOfFault(name, error), { cause: error });
  }
};

const addressOf = (text: string, what: string): string => {
  const parsed = parseAddress(text);
  if (!parsed.ok) throw new AppError('BAD_INPUT', `${what}: ${parsed.reason}`);
  return parsed.address;
};

const checkContent = (content: CampaignContent): void => {
  demand(/^[A-Za-z0-9_-]{1,100}$/.test(content.id), 'the campaign id is not one');
  demand(parseAddress(`x@${content.messageIdDomain}`).ok, 'the Message-ID domain is not a domain name');
  demand(content.secret.length >= 16, 'the secret is shorter than 16 characters');
  demand(content.html !== null || content.text !== null, 'html or text is needed');
};

type BodyText = (fields: Fields) => string;
type BodyParts = Readonly<Record<'html' | 'text', EncodedPart | null>>;

const partHeader = (subtype: 'plain' | 'html'): string =>
  `Content-Type: text/${subtype}; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n`;

const compilePart = (name: 'html' | 'text', source: string): EncodedPart => {
  const part = withFaults(name, () => encodePart(parse(name, source)));
  return (fields) => withFaults(name, () => part(fields));
};

export const compileParts = ({ html, text }: Templates): BodyParts => ({
  text: text === null ? null : compilePart('text', text),
  html: html === null ? null : compilePart('html', html),
});

/** From Content-Type on. The boundary contains `=_`, which quoted-printable text cannot (RFC 2045, 6.7). */
const compileBody = ({ html: rich, text: plain }: BodyParts, boundary: string): BodyText => {
  if (rich === null || plain === null) {
    const head = partHeader(rich === null ? 'plain' : 'html');
    return (fields) => `${head}${(rich ?? plain)?.(fields)}\r\n`;
  }
  const head = `Content-Type: multipart/alternative; boundary="${boundary}"\r\n\r\n--${boundary}\r\n${partHeader('plain')}`;
  const middle = `\r\n--${boundary}\r\n${partHeader('html')}`;
  const tail = `\r\n--${boundary}--\r\n`;
  return (fields) => head + plain(fields) + middle + rich(fields) + tail;
};

export const compileSubject = (source: string): ((fields: Fields) => string) => {
  const template = withFaults('subject', () => parse('subject', source));
  return (fields) =>
    withFaults('subject', () => encodeUnstructured(renderTemplate(template, fields), 'Subject: '.length));
};

/** The variables of the templates. */
export const fieldsOf = ({ fields, email }: Omit<MailRecipient, 'number'>): Fields => ({ ...fields, email });

const token = (key: KeyObject, text: string): string =>
  createHmac('sha256', key).update(text).digest('base64url').slice(0, 27);

const fixedHeaders = (content: CampaignContent): string => {
  const replyTo = content.replyTo === null ? '' : `Reply-To: ${addressOf(content.replyTo, 'Reply-To')}\r\n`;
  return `${replyTo}X-Sendpool-Campaign: ${content.id}\r\nMIME-Version: 1.0\r\n`;
};

/** Throws AppError BAD_INPUT, with the template, the line and what is wrong there. */
export const compileCampaign = (content: CampaignContent): CompiledCampaign => {
  checkContent(content);
  const from = encodeMailbox({ name: content.from.name, address: addressOf(content.from.address, 'From') });
  const key = createSecretKey(Buffer.from(content.secret, 'utf8'));
  const opening = `From: ${from}\r\nTo: `;
  const fixed = fixedHeaders(content);
  const subject = compileSubject(content.subject);
  const body = compileBody(compileParts(content), `=_${token(key, `boundary ${content.id}`)}`);
  return {
    render: (recipient) => {
      const to = addressOf(recipient.email, 'To');
      const fields = fieldsOf(recipient);
      const messageId = `<${token(key, `${content.id} ${recipient.number}`)}@${content.messageIdDomain}>`;
      const headers = `${opening}${to}\r\nSubject: ${subject(fields)}\r\nDate: ${dateHeader(Date.now())}\r\nMessage-ID: ${messageId}\r\n`;
      return { message: headers + fixed + body(fields), messageId };
    },
  };
};
